# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2064,SC2163,SC1090,SC2317,SC2034
# The bash of a session: one script after the other in one shell. init/Live.h says how it and init speak.
#
# A script that leaves by `exit`, or that is interrupted, ends this process's work: what it has (variables, functions,
# aliases, options, traps) is written down, and the shell begins anew in its place with that.
#
# Descriptor 200 is the way to init, 201 to 203 are what standard input, output and error are at a script's start.

__isol8_self=${BASH_SOURCE[0]}
__isol8_bash=$BASH
__isol8_running=
__isol8_nonce=
declare -A __isol8_given=() __isol8_before=() __isol8_traps=() __isol8_stuck=()

__isol8_field() { IFS= builtin read -r -d '' -u 200 "$1" || builtin exit 0; }

# Makes the shell's own commands that are used here what they were, where a script has hidden them.
__isol8_unhide() {
    if declare -F builtin; then
        POSIXLY_CORRECT=1 # in which functions do not hide `unset`
        unset -f builtin unset
        unset POSIXLY_CORRECT
    fi
    builtin enable alias cd compgen declare eval exec exit export local printf read return set shopt source trap umask unset
} > /dev/null 2>&1

__isol8_status() { builtin return "$1"; }

__isol8_signal() {
    __isol8_name=${1^^}
    case ${__isol8_name#SIG} in
    0 | EXIT) __isol8_name=EXIT ;;
    2 | INT) __isol8_name=INT ;;
    ERR | DEBUG | RETURN) __isol8_name=${__isol8_name#SIG} ;;
    *) __isol8_name=$1 ;;
    esac
}

# What a script has asked for, for those that this shell uses itself or must not let see its own commands.
__isol8_print_traps() {
    builtin local __isol8_item __isol8_name __isol8_text
    for __isol8_item in "$@"; do
        __isol8_signal "$__isol8_item"
        case $__isol8_name in
        EXIT | INT | ERR | DEBUG | RETURN)
            __isol8_text=$(builtin trap -p "$__isol8_name")
            if ((BASH_SUBSHELL > ${__isol8_depth-0})) && [[ $__isol8_text != *isol8* && $__isol8_text != *"'builtin exit 130'"* ]]; then
                builtin printf '%s' "${__isol8_text:+$__isol8_text$'\n'}"
                builtin continue
            fi
            [[ -v __isol8_traps[$__isol8_name] ]] || builtin continue
            __isol8_text=${__isol8_traps[$__isol8_name]}
            [[ $__isol8_name != INT ]] || __isol8_name=SIGINT
            builtin printf "trap -- '%s' %s\n" "${__isol8_text//\'/\'\\\'\'}" "$__isol8_name"
            ;;
        *)
            builtin trap -p "$__isol8_item"
            ;;
        esac
    done
}

__isol8_set_trap() {
    builtin local __isol8_name
    __isol8_signal "$2"
    case $((BASH_SUBSHELL > 0)):$__isol8_name in
    0:EXIT | 0:INT | ?:ERR | ?:DEBUG | ?:RETURN) ;;
    *)
        builtin trap -- "$1" "$2"
        builtin return
        ;;
    esac
    if [[ $1 == - ]]; then
        builtin unset "__isol8_traps[$__isol8_name]"
    else
        __isol8_traps[$__isol8_name]=$1
    fi
    case $__isol8_name:$1 in
    EXIT:*) ;;
    INT:-) builtin trap 'builtin exit 130' INT ;;
    INT:* | *:) builtin trap -- "$1" "$__isol8_name" ;;
    *:-) builtin trap : "$__isol8_name" ;; # what a function removes comes back at its end
    *) builtin trap -- "case \${BASH_SOURCE[0]-}:\$BASH_COMMAND in \"\$__isol8_self\":* | *__isol8_*) ;; *) $1"$'\n;; esac' "$__isol8_name" ;;
    esac
}

# In the place of the shell's own, whose EXIT must stay this one's.
trap() {
    { builtin local -; builtin set +x; } 2> /dev/null
    builtin local __isol8_item __isol8_action=- __isol8_result=0 __isol8_name
    case ${1-} in
    -l | --help)
        builtin trap "$@"
        builtin return
        ;;
    -p | '')
        if (($# == 0)) || [[ $1 == -p ]]; then
            (($# == 0)) || builtin shift
            [[ ${1-} != -- ]] || builtin shift
            (($#)) || builtin set -- EXIT {1..31} {34..64} DEBUG ERR RETURN
            __isol8_print_traps "$@"
            builtin return
        fi
        ;;
    --) builtin shift ;;
    esac
    if (($# > 1)) && [[ ! $1 =~ ^[0-9]+$ ]]; then
        __isol8_action=$1
        builtin shift
    fi
    for __isol8_item in "$@"; do
        __isol8_set_trap "$__isol8_action" "$__isol8_item" || __isol8_result=$?
    done
    builtin return "$__isol8_result"
}

__isol8_begin() {
    builtin local __isol8_count __isol8_item __isol8_name
    __isol8_field __isol8_kind
    __isol8_field __isol8_nonce
    __isol8_field __isol8_folder
    __isol8_field __isol8_count
    __isol8_arguments=()
    while ((__isol8_count-- > 0)); do
        __isol8_field __isol8_item
        __isol8_arguments+=("$__isol8_item")
    done
    __isol8_given=() __isol8_before=()
    __isol8_field __isol8_count
    while ((__isol8_count-- > 0)); do
        __isol8_field __isol8_item
        __isol8_name=${__isol8_item%%=*}
        [[ $__isol8_name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || builtin continue
        [[ ! -v $__isol8_name ]] || __isol8_before[$__isol8_name]=${!__isol8_name}
        __isol8_given[$__isol8_name]=${__isol8_item#*=}
        builtin export "$__isol8_item"
    done 2> /dev/null
    __isol8_origin=$PWD
    [[ -z $__isol8_folder ]] || builtin cd -- "$__isol8_folder"
    BASH_ARGV0=${__isol8_arguments[0]}
    __isol8_running=1
    # A child that a signal ends before it is what the script wants of it runs this, too.
    builtin trap '{ __isol8_code=$? __isol8_set=$-; [[ ${BASHPID-$$} == "$$" ]] || builtin exit "$__isol8_code"; __isol8_unhide; builtin set +aeuxv; } 2> /dev/null; __isol8_leave' EXIT
    builtin trap -- "${__isol8_traps[INT]-builtin exit 130}" INT
    builtin printf 'B %s\n' "$__isol8_nonce" >&200
}

# The variables and the folder that were for one script alone are as they were before it. A variable that the script has
# made read-only is stuck: only a shell that begins anew is without it.
__isol8_restore() {
    builtin local __isol8_name
    for __isol8_name in "${!__isol8_given[@]}"; do
        [[ ${!__isol8_name-} == "${__isol8_given[$__isol8_name]}" ]] || builtin continue
        if [[ -v __isol8_before[$__isol8_name] ]]; then
            builtin export "$__isol8_name=${__isol8_before[$__isol8_name]}" && builtin continue
            __isol8_stuck[$__isol8_name]="=${__isol8_before[$__isol8_name]}"
        else
            builtin unset -v "$__isol8_name" && builtin continue
            __isol8_stuck[$__isol8_name]=
        fi
        builtin export -n "$__isol8_name"
    done
    if [[ -n $__isol8_folder && $PWD == "$__isol8_folder" ]]; then
        builtin cd -- "$__isol8_origin" || builtin cd -- /sandbox
    fi
} 2> /dev/null

# Says that the script has ended, with $1.
__isol8_end() {
    builtin trap : INT
    __isol8_running=
    builtin printf 'E %s %d\n' "$__isol8_nonce" "$(($1 & 255))" >&200
} 2> /dev/null

# Runs the script's own handler of EXIT, with $1 as the status that it finds.
__isol8_handler() {
    [[ -v __isol8_traps[EXIT] ]] || builtin return 0
    __isol8_action=${__isol8_traps[EXIT]}
    builtin unset '__isol8_traps[EXIT]'
    __isol8_status "$1"
    builtin eval "$__isol8_action"
}

# Where a script leaves inside a function, that one's variables hide others and are none of the shell's. A mark on the
# global ones tells them apart, and another function than theirs can unset them.
__isol8_drop_locals() {
    builtin local __isol8_round __isol8_line __isol8_name
    for __isol8_round in 1 2 3 4 5 6 7 8; do
        __isol8_keep=
        while IFS= builtin read -r __isol8_name; do
            [[ $__isol8_name != __isol8_* && $__isol8_name != _ ]] || builtin continue
            builtin declare -gt "$__isol8_name"
            __isol8_line=$(builtin declare -p "$__isol8_name")
            if [[ ! $__isol8_line =~ ^declare\ -[A-Za-z]*[rt] ]]; then
                builtin unset -v "$__isol8_name"
                __isol8_keep=1
            elif [[ -z $__isol8_keep ]]; then
                builtin declare -g +t "$__isol8_name"
            fi
        done < <(builtin compgen -v)
        [[ -n $__isol8_keep ]] || break
    done
}

# In a subshell.
__isol8_state() {
    builtin local __isol8_line __isol8_keep='' __isol8_name
    builtin shopt -p
    builtin shopt -u nocasematch
    for __isol8_name in "${FUNCNAME[@]}"; do
        case $__isol8_name in __isol8_* | exit | source | main) builtin continue ;; esac
        __isol8_drop_locals
        __isol8_restore # those that a function's own hid
        break
    done
    builtin declare -p | while IFS= builtin read -r __isol8_line; do
        if [[ $__isol8_line =~ ^declare\ -[^\ ]+\ ([A-Za-z_][A-Za-z0-9_]*)(=|$) ]]; then
            case ${BASH_REMATCH[1]} in
            __isol8_* | BASH | BASHOPTS | BASHPID | BASH_ALIASES | BASH_ARG[CV] | BASH_ARGV0 | BASH_CMDS | BASH_COMMAND | BASH_LINENO | \
                BASH_REMATCH | BASH_SOURCE | BASH_SUBSHELL | BASH_VERS* | DIRSTACK | EPOCH* | EUID | FUNCNAME | GROUPS | HISTCMD | \
                LINENO | PIPESTATUS | PPID | RANDOM | SHELLOPTS | SRANDOM | UID | _)
                __isol8_keep=
                ;;
            *)
                __isol8_keep=1
                [[ ! -v __isol8_stuck[${BASH_REMATCH[1]}] ]] || __isol8_keep=
                ;;
            esac
        fi
        [[ -z $__isol8_keep ]] || builtin printf '%s\n' "$__isol8_line"
    done
    for __isol8_name in "${!__isol8_stuck[@]}"; do
        __isol8_line=${__isol8_stuck[$__isol8_name]}
        [[ -z $__isol8_line ]] || builtin printf 'declare -x %s=%q\n' "$__isol8_name" "${__isol8_line#=}"
    done
    builtin declare -F | while IFS= builtin read -r __isol8_line; do
        __isol8_name=${__isol8_line##* }
        [[ $__isol8_name != trap && $__isol8_name != __isol8_* ]] || builtin continue
        builtin declare -f "$__isol8_name"
        [[ $__isol8_line == 'declare -f '* ]] || builtin printf '%s\n' "$__isol8_line"
    done
    builtin alias -p
    builtin umask -p
    __isol8_depth=$BASH_SUBSHELL
    __isol8_print_traps {1..31} {34..64} ERR
    builtin set +o
} 2> /dev/null

# Ends the script with $1: writes down what is, and begins anew. Without room for that the state is lost with the shell.
__isol8_finish() {
    __isol8_restore # before anything is written down: secrets are among them
    __isol8_file=/tmp/.isol8.$$.$RANDOM
    __isol8_text=$(__isol8_state)
    for __isol8_name in "${!__isol8_given[@]}"; do
        builtin export -n "$__isol8_name" 2> /dev/null
        builtin declare -g +x "$__isol8_name" 2> /dev/null
    done
    (builtin umask 077 && builtin set -C && builtin printf '%s\n' "$__isol8_text" > "$__isol8_file") 2> /dev/null || {
        command -p rm -f -- "$__isol8_file"
        builtin exit "$1"
    }
    __isol8_end "$1"
    builtin exec "$__isol8_bash" "$__isol8_self" "$__isol8_file" "$__isol8_set"
}

__isol8_leave() {
    [[ -n $__isol8_running ]] || builtin exit 0
    if [[ -v __isol8_traps[EXIT] ]]; then
        builtin trap - DEBUG ERR RETURN
        if ! builtin declare -F exit > /dev/null; then
            # In a handler of EXIT there is no way on from the shell's own.
            exit() {
                __isol8_status "${1:-$?}"
                __isol8_code=$?
                builtin unset -f exit
                __isol8_finish "$__isol8_code"
            }
        fi
        __isol8_handler "$__isol8_code"
        builtin unset -f exit
    fi
    __isol8_finish "$__isol8_code"
}

if [[ -n ${1-} ]]; then
    __isol8_set=$2
    __isol8_file=$1
    builtin source "$__isol8_file" 2> /dev/null
    { command -p rm -f -- "$__isol8_file"; } 2> /dev/null # also of its end by the kill that ended the script
    { builtin set +aeuxv; } 2> /dev/null
else
    __isol8_set=
    exec 200<&3 3<&- 201<&0 202>&1 203>&2
    builtin printf 'R\n' >&200
fi
while :; do
    exec 0<&201 1>&202 2>&203
    __isol8_begin
    builtin set --
    [[ $__isol8_set != *a* ]] || builtin set -a
    [[ $__isol8_set != *u* ]] || builtin set -u
    [[ $__isol8_set != *v* ]] || builtin set -v
    [[ $__isol8_set != *e* ]] || builtin set -e
    if [[ $__isol8_set != *x* ]]; then
        builtin source "${__isol8_arguments[@]}"
    else # which would show this, too
        { builtin set -x; builtin source "${__isol8_arguments[@]}" 2>&203; } 2> /dev/null
    fi
    { __isol8_code=$? __isol8_set=$-; __isol8_unhide; builtin set +aeuxv; builtin trap - DEBUG RETURN; } 2> /dev/null
    builtin unset '__isol8_traps[DEBUG]' '__isol8_traps[RETURN]'
    __isol8_handler "$__isol8_code"
    __isol8_restore
    ((${#__isol8_stuck[@]} == 0)) || __isol8_finish "$__isol8_code"
    __isol8_end "$__isol8_code"
done
