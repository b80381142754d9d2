# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2064,SC2163,SC1090,SC2317,SC2034
# The bash of a session: one script after the other in one shell. init/Live.h says how it and init speak.
#
# A script that leaves by `exit`, or that is interrupted, ends this process's work: what it has (variables, functions,
# aliases, options) is written down, and the shell begins anew in its place with that.

__isol8_self=${BASH_SOURCE[0]}
__isol8_running=
__isol8_exit=
declare -A __isol8_given=() __isol8_before=()

__isol8_field() { IFS= builtin read -r -d '' -u 3 "$1" || builtin exit 0; }

# The program's own handler of EXIT is called where the program ends; this shell's must stay.
trap() {
    local isol8_last=${!#}
    case "$#:$isol8_last" in
    [1-9]*:EXIT | [1-9]*:0)
        if (($# == 1)); then
            __isol8_exit=
        elif [[ $1 == -p ]]; then
            [[ -z $__isol8_exit ]] || builtin printf 'trap -- %q EXIT\n' "$__isol8_exit"
        elif (($# == 2)) || [[ $1 == -- && $# == 3 ]]; then
            __isol8_exit=${*: -2:1}
            [[ $__isol8_exit != - ]] || __isol8_exit=
        else
            builtin trap "$@"
        fi
        ;;
    *)
        builtin trap "$@"
        ;;
    esac
}

__isol8_begin() {
    local isol8_count isol8_item isol8_name
    __isol8_field __isol8_kind
    __isol8_field __isol8_folder
    __isol8_field isol8_count
    __isol8_arguments=()
    while ((isol8_count-- > 0)); do
        __isol8_field isol8_item
        __isol8_arguments+=("$isol8_item")
    done
    __isol8_given=() __isol8_before=()
    __isol8_field isol8_count
    while ((isol8_count-- > 0)); do
        __isol8_field isol8_item
        isol8_name=${isol8_item%%=*}
        [[ $isol8_name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
        [[ ! -v $isol8_name ]] || __isol8_before[$isol8_name]=${!isol8_name}
        __isol8_given[$isol8_name]=${isol8_item#*=}
        builtin export "$isol8_item"
    done 2> /dev/null
    __isol8_origin=$PWD
    [[ -z $__isol8_folder ]] || builtin cd -- "$__isol8_folder"
    BASH_ARGV0=${__isol8_arguments[0]}
    __isol8_exit=
    __isol8_running=1
    builtin trap __isol8_leave EXIT
    builtin trap 'builtin exit 130' INT
}

# The variables and the folder that were for one script alone are as they were before it.
__isol8_restore() {
    local isol8_name
    for isol8_name in "${!__isol8_given[@]}"; do
        [[ ${!isol8_name-} == "${__isol8_given[$isol8_name]}" ]] || continue
        if [[ -v __isol8_before[$isol8_name] ]]; then
            builtin export "$isol8_name=${__isol8_before[$isol8_name]}"
        else
            builtin unset "$isol8_name"
        fi
    done
    __isol8_given=() __isol8_before=()
    if [[ -n $__isol8_folder && $PWD == "$__isol8_folder" ]]; then
        builtin cd -- "$__isol8_origin"
    fi
} 2> /dev/null

# Says that the script has ended, with $1.
__isol8_end() {
    builtin trap : INT
    __isol8_running=
    builtin printf 'E %d\n' "$(($1 & 255))" >&3
} 2> /dev/null

__isol8_handler() {
    [[ -n $__isol8_exit ]] || return 0
    local isol8_handler=$__isol8_exit
    __isol8_exit=
    builtin eval "$isol8_handler"
}

__isol8_leave() {
    local isol8_code=$? isol8_file
    __isol8_set=$-
    { set +euxv; } 2> /dev/null
    [[ -n $__isol8_running ]] || builtin exit 0
    __isol8_handler
    __isol8_restore # before anything is written down: secrets are among them
    isol8_file=$(command mktemp /tmp/.isol8.XXXXXX) || builtin exit "$isol8_code"
    {
        builtin declare -p | while IFS= builtin read -r isol8_line; do
            case $isol8_line in
            'declare -'*' __isol8_'* | 'declare -'*' isol8_'* | 'declare -'*' BASH'* | 'declare -'*' FUNCNAME'* | 'declare -'*' PIPESTATUS'*) ;;
            *) builtin printf '%s\n' "$isol8_line" ;;
            esac
        done
        builtin declare -f
        builtin alias -p
        builtin shopt -p
        builtin set +o
        builtin umask -p
        builtin trap -p | while IFS= builtin read -r isol8_line; do
            case $isol8_line in *' EXIT' | *' SIGINT') ;; *) builtin printf '%s\n' "$isol8_line" ;; esac
        done
    } > "$isol8_file" 2> /dev/null
    __isol8_end "$isol8_code"
    builtin exec bash "$__isol8_self" "$isol8_file" "$__isol8_set"
}

if [[ -n ${1-} ]]; then
    __isol8_set=$2
    __isol8_file=$1
    builtin source "$__isol8_file" 2> /dev/null
    command rm -f -- "$__isol8_file"
    { set +euxv; } 2> /dev/null
else
    builtin printf 'R\n' >&3
fi
builtin set --
while :; do
    __isol8_begin
    [[ $__isol8_set != *e* ]] || set -e
    [[ $__isol8_set != *u* ]] || set -u
    [[ $__isol8_set != *x* ]] || set -x
    builtin source "${__isol8_arguments[@]}"
    { __isol8_code=$? __isol8_set=$-; set +euxv; } 2> /dev/null
    __isol8_handler
    __isol8_restore
    __isol8_end "$__isol8_code"
done
