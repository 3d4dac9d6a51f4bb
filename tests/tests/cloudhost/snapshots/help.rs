//! What `--help` says.

use super::{nobody, snapshot};

#[test]
fn help() {
    let (sandbox, outcome) = nobody(&["--help"]);
    snapshot!(sandbox, outcome, @"
    exit: 0
    --- stdout
    Asks clouds what they offer, through plugins in a sandbox.

    Exit status: 0 done; 1 failed; 2 wrong usage; 3 credentials missing or refused; 4 the cloud cannot
    be reached, throttles, or answers nonsense; 5 done, but something is missing (with --strict: nothing
    was done); 6 output cannot be written; 130 interrupted.

    Usage: cloudhost [OPTIONS] <COMMAND>

    Commands:
      run          Ask a cloud
      credentials  Store, look at, or try credentials
      plugin       Look at plugins
      cache        Look at what is kept, or drop it
      completions  Print a completion script for a shell
      man          Print the manual page
      help         Print this message or the help of the given subcommand(s)

    Options:
          --output <OUTPUT>
              How results are printed

              Possible values:
              - table: For people
              - json:  For programs
              - yaml:  For programs and people
              
              [default: table]

      -q, --quiet
              Print nothing on stderr but errors

      -v, --verbose...
              Say more on stderr: -v what is done, -vv every request

          --color <COLOR>
              When to use colors

              Possible values:
              - auto:   On a terminal
              - always: Always
              - never:  Never
              
              [default: auto]

          --cache-dir <CACHE_DIR>
              Where catalogs and compiled plugins are kept [default: the user's cache folder]
              
              [env: CLOUDHOST_CACHE_DIR]

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version
    --- stderr
    ");
}

#[test]
fn help_of_a_generation() {
    let (sandbox, outcome) = nobody(&["run", "aws", "generate-kconfig", "-h"]);
    snapshot!(sandbox, outcome, @"
    exit: 0
    --- stdout
    Write Kconfig menus of regions, machine types and images

    Usage: cloudhost run <PROVIDER> generate-kconfig [OPTIONS]

    Options:
          --output-dir <OUTPUT_DIR>  The folder to write to [default: terraform/PROVIDER/kconfigs]
          --source-prefix <PREFIX>   What `source` lines put before a file's name [default: the output
                                     folder as it was given]
          --dialect <DIALECT>        Who reads the menus [default: kdevops] [possible values: kdevops,
                                     plain]
          --region <NAME>            Only these regions
          --family <NAME>            Only machine types of these families, as `m5`
          --refresh                  Ask the cloud, even if what is kept is fresh
          --gpu                      Only machine types with a GPU
          --offline                  Use what is kept, however old, and no network
          --output <OUTPUT>          How results are printed [default: table] [possible values: table,
                                     json, yaml]
          --min-vcpus <N>            Only machine types with at least this many virtual processors
          --no-bundled               Fail rather than use the catalog inside the plugin
      -q, --quiet                    Print nothing on stderr but errors
          --arch <NAME>              Only machine types and images of these architectures, as `x86_64`
                                     or `arm64`
          --strict                   Fail if anything is missing in the cloud's answer
      -v, --verbose...               Say more on stderr: -v what is done, -vv every request
          --color <COLOR>            When to use colors [default: auto] [possible values: auto, always,
                                     never]
          --endpoint <PROVIDER=URL>  Send the requests of a provider elsewhere
          --cache-dir <CACHE_DIR>    Where catalogs and compiled plugins are kept [default: the user's
                                     cache folder] [env: CLOUDHOST_CACHE_DIR]
          --timeout <SECONDS>        Longest time for one request, in seconds [default: 60]
          --set <NAME=VALUE>         Set a setting of the provider: see `cloudhost plugin inspect`
      -h, --help                     Print help (see more with '--help')
      -V, --version                  Print version
    --- stderr
    ");
}
