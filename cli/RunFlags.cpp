// SPDX-License-Identifier: GPL-3.0-or-later
// The flags of `run` and `shell`, and their help.
#include <cli/RunArguments.h>

namespace isol8::cli {

CLI::App *RunFlags::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("run", "Run a program in a sandbox");
    addSourceFlags(app);
    addSandboxFlags(app);
    addOutputFlags(app);
    m_service.addTo(app);
    app->footer(
        "The program is FILE, its language told by its extension; or --eval, or stdin (python unless --runtime says "
        "else).\n"
        "--url, --github and --gist fetch it, where the configuration's remoteCode.enabled says so; the name in the "
        "URL\n"
        "tells the language. A branch with slashes is written as it is: --github owner/repo/fix/a/src/x.py. A gist is\n"
        "id/file, user/id/file or user/id@revision/file.\n"
        "With --files, a FILE in that folder keeps its place in it. --get brings a file to its place below the "
        "current\n"
        "folder (/sandbox/a/b.csv to a/b.csv). A file that is there is replaced when --get names it in full, when\n"
        "--files gave it to the run, or when isol8 brought it before and nobody has changed it; else it stays, and\n"
        "isol8 says so. isol8.config.json, .isol8ignore and hidden folders are never written, nor files that the run\n"
        "was given and did not change.\n"
        "-i hands over what isol8 itself reads, to the end of it: Ctrl-D on a terminal. -t makes a terminal for the "
        "program,\n"
        "whose keys, Ctrl-C among them, are those typed here; where isol8's stdin is none, they come with -i only, and "
        "else\n"
        "its input is at its end. A program that is typed to has no time limit unless --timeout gives one.\n"
        "What stands behind -- is handed to the program. The exit code is the program's own; 124: the timeout, 125: "
        "isol8\n"
        "could not start the run, 130: Ctrl-C.\n\n"
        "Examples:\n"
        "  isol8 run hello.py\n"
        "  isol8 run hello.py -- --name World\n"
        "  isol8 run -e 'print(6 * 7)'\n"
        "  echo 'console.log(6 * 7)' | isol8 run -r node\n"
        "  isol8 run main.py --files . --get result.csv --timeout 2m --memory 1g\n"
        "  isol8 run --github owner/repo/v1.2/tools/x.py --hash $(sha256sum < x.py | cut -c-64)\n"
        "  API_KEY=... isol8 run --secret API_KEY client.py    # not on the command line, where ps shows it\n"
        "  isol8 run -r node --install is-odd@3 -e 'console.log(require(\"is-odd\")(3))'\n"
        "  isol8 run -t -r python                              # Python's own prompt; isol8 shell is bash\n"
        "  isol8 run fetch.py --net filtered --allow api.example.com --allow '.*\\.example\\.org' --log-network\n"
        "  isol8 run --host https://isol8.example.com hello.py # at a service; isol8 login keeps its key\n"
        "  isol8 run -r agent -e 'Write fizzbuzz in bash, and run it' --allow api.anthropic.com "
        "--secret ANTHROPIC_API_KEY --timeout 5m\n\n"
        "A script may begin with #!/usr/bin/env -S isol8 run, or isol8 run -r python where its name has no extension.\n"
        "Where this user's background engine runs (isol8 serve --local), it is used; ISOL8_ENGINE=local does without.\n"
        "With --host, or ISOL8_HOST, a service runs it: files go there and come back, and what a run may use is what "
        "the\n"
        "service allows; its limits, network and packages are the service's, and not those configured here.");
    return app;
}

CLI::App *RunFlags::setUpShell(CLI::App &root)
{
    m_isShell = true;
    CLI::App *app = root.add_subcommand("shell", "Open a terminal in a sandbox");
    m_runtime =
        value(app, "-r,--runtime", "python|node|bun|deno|bash|agent",
              "The image to be in, by its language, or one of your own from the configuration; bash unless given")
            ->group("The program");
    addInputFlags(app);
    addSessionFlags(app);
    addSandboxFlags(app);
    m_get =
        value(app, "--get", "PATH", "Bring this file of the sandbox here at the end; may have *, ** and ?", Times::Many)
            ->group("The output");
    m_logNetwork =
        flag(app, "--log-network", "Say on stderr what it reached, and what it was refused")->group("The output");
    m_service.addTo(app);
    app->footer(
        "bash in a sandbox of its own, in this terminal: Ctrl-C, Ctrl-Z and all other keys are its own, and "
        "nothing of\n"
        "this terminal is reachable from inside but the bytes of input and output. It ends with exit or "
        "Ctrl-D, and the\n"
        "sandbox with all that is in it goes; with --session-id it is a session's, and stays. It has no time limit\n"
        "unless --timeout gives one. What stands "
        "behind -- runs\n"
        "instead of bash. Where stdin is no terminal, what it gives is run without one. The exit code is the "
        "shell's own;\n"
        "125: isol8 could not start it.\n"
        "This terminal's settings come back however isol8 ends, but for SIGKILL; then reset(1) helps. To end it from\n"
        "elsewhere, send SIGTERM to isol8.\n\n"
        "Examples:\n"
        "  isol8 shell\n"
        "  isol8 shell -r node --install lodash\n"
        "  isol8 shell --files . --get 'out/**' --memory 1g\n"
        "  isol8 shell --session-id work\n"
        "  isol8 shell --allow '.*\\.debian\\.org'\n"
        "  isol8 shell -r python -- python3 -i -c 'import math'\n"
        "  isol8 shell --host https://isol8.example.com");
    return app;
}

void RunFlags::addSourceFlags(CLI::App *app)
{
    m_file = value(app, "FILE", "", "The program; - is stdin");
    value(app, "ARGS", "", "Arguments for the program; behind -- where they begin with -");
    const std::string group = "The program";
    m_eval = value(app, "-e,--eval", "CODE", "Run this code")->group(group);
    m_cmd = value(app, "--cmd", "COMMAND", "Run this by bash -c, in the image of --runtime (bash)")->group(group);
    m_url = value(app, "--url", "URL", "Fetch it from here, by https")->group(group);
    m_github = value(app, "--github", "OWNER/REPO/REF/PATH", "Fetch it from a repository on GitHub")->group(group);
    m_gist = value(app, "--gist", "ID/FILE", "Fetch it from a gist")->group(group);
    m_hash = value(app, "--hash", "SHA256", "Run what was fetched only if this is its SHA-256")->group(group);
    m_insecure = flag(app, "--allow-insecure-code-url",
                      "Fetch it by http, too, where the configuration's remoteCode.allowedSchemes has that")
                     ->group(group);
    m_runtime = value(app, "-r,--runtime", "python|node|bun|deno|bash|agent",
                      "Its language, or one of your own from the configuration")
                    ->group(group);
    m_agentFlags =
        value(app, "--agent-flags", "FLAGS", "Flags for the agent, separated and quoted as in a shell")->group(group);
    m_stdin = value(app, "--stdin", "TEXT", "What it reads on stdin; -: all of isol8's own stdin")->group(group);
    m_interactive = flag(app, "-i,--interactive", "Hand it isol8's stdin as it comes")->group(group);
    m_terminal =
        flag(app, "-t,--tty",
             "Give it a terminal; with nothing to run, and typed on a terminal, it is the language's own prompt")
            ->group(group);
    addInputFlags(app);
    addSessionFlags(app);
}

void RunFlags::addSessionFlags(CLI::App *app)
{
    const std::string group = "The sandbox";
    m_persistent = flag(app, "--persistent", "Keep the sandbox as a session: its files, and the interpreter's names")
                       ->group(group);
    m_sessionId =
        value(app, "--session-id", "NAME", "Run in this session, which is made where there is none")->group(group);
    m_fromSnapshot = value(app, "--from-snapshot", "NAME", "What the new session's /sandbox begins with")->group(group);
}

void RunFlags::addInputFlags(CLI::App *app)
{
    const std::string group = "The program";
    m_env =
        value(app, "--env", "NAME=VALUE", "A variable for it; NAME alone takes it from the environment", Times::Many)
            ->group(group);
    m_secret = value(app, "--secret", "NAME=VALUE",
                     "A variable that its output shows as ***; NAME alone takes it from the environment", Times::Many)
                   ->group(group);
    m_files =
        value(app, "--files", "DIR",
              "Put the files of this folder into /sandbox, but for those that .isol8ignore and good sense leave out")
            ->group(group);
    m_install = value(app, "--install", "PACKAGE",
                      "Install this first, by the runtime's own installer from the registries that this machine uses",
                      Times::Many)
                    ->group(group);
    m_setup = value(app, "--setup", "SCRIPT", "Run this by bash first: commands, or a file that has them", Times::Many)
                  ->group(group);
    m_workdir = value(app, "--workdir", "PATH", "Where it starts; /sandbox or /tmp or below")->group(group);
}

void RunFlags::addSandboxFlags(CLI::App *app)
{
    const std::string group = "The sandbox";
    m_net = value(app, "--net", "none|host|filtered", "What it reaches; none unless configured")->group(group);
    m_allow =
        value(app, "--allow", "HOST",
              "With --net filtered: a host that it may reach, by name or RE2 pattern; without any, all public ones",
              Times::Many)
            ->group(group);
    m_deny =
        value(app, "--deny", "HOST", "A host that it may not reach, whatever --allow says", Times::Many)->group(group);
    m_timeout = value(app, "--timeout", "TIME", "End it after this time: 500 (milliseconds), 30s, 2m")->group(group);
    m_memory = value(app, "--memory", "SIZE", "Its memory: 512m, 1g")->group(group);
    m_cpu = value(app, "--cpu", "CPUS", "Its share of CPUs: 0.5, 2")->group(group);
    m_pids = value(app, "--pids-limit", "COUNT", "How many processes and threads it may have")->group(group);
    m_sandboxSize = value(app, "--sandbox-size", "SIZE", "Space in /sandbox")->group(group);
    m_tmpSize = value(app, "--tmp-size", "SIZE", "Space in /tmp")->group(group);
    m_image = value(app, "--image", "IMAGE", "Another image than the runtime's own")->group(group);
    m_isolation =
        value(app, "--isolation", "NAME", "A runtime of the Docker daemon, such as runsc (gVisor)")->group(group);
    m_persist =
        flag(app, "--persist", "Keep the container for an hour afterwards, to look into it; says how")->group(group);
}

void RunFlags::addOutputFlags(CLI::App *app)
{
    const std::string group = "The output";
    m_maxOutput = value(app, "--max-output", "SIZE", "How much of stdout, and of stderr, is kept: 1m")->group(group);
    m_results = flag(app, "--results",
                     "Print the value of the last expression, too, and name figures and tables; --json has them all")
                    ->group(group);
    m_noStream = flag(app, "--no-stream", "Print the output at the end and not as it comes")->group(group);
    m_out = value(app, "--out", "FILE", "Write stdout to this file, as > of a shell does")->group(group);
    m_get = value(app, "--get", "PATH", "Bring this file of the sandbox here; may have *, ** and ?", Times::Many)
                ->group(group);
    m_json = flag(app, "--json",
                  "Print the whole result as JSON; with the values that a program shows in a session, or by --results")
                 ->group(group);
    m_record =
        value(app, "--record", "FILE", "Write down there what was run, and hashes of what came of it, for isol8 replay")
            ->group(group);
    m_logNetwork = flag(app, "--log-network", "Say on stderr what it reached, and what it was refused")->group(group);
}

} // namespace isol8::cli
