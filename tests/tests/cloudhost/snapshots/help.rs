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
    was done); 6 output cannot be written; 7 there is no capacity, or nothing that fits; 8 it is not
    known whether there is capacity, or what it costs; 9 a plugin is not what was granted, or was not
    granted what it asks for; 130 interrupted.

    Usage: cloudhost [OPTIONS] <COMMAND>

    Commands:
      run            Ask a cloud
      credentials    Store, look at, or try credentials
      plugin         Install plugins, grant them what they ask for, and look at them
      kconfig-value  Answer `$(shell, ...)` of a Kconfig file: one value, at once
      cache          Look at what is kept, or drop it
      completions    Print a completion script for a shell
      man            Print the manual page
      help           Print this message or the help of the given subcommand(s)

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

          --plugin-dir <PLUGIN_DIR>
              Where installed plugins are kept [default: the user's data folder]
              
              [env: CLOUDHOST_PLUGIN_DIR]

          --limit <NAME=VALUE>
              Change a limit of plugins, as `memory=512MiB` or `cpu=30s`: see the list of `cloudhost
              --help`

          --audit-log <FILE>
              Append what plugins were denied or refused for, what was signed for them and what ended
              them to this file, as JSON lines

          --record <FILE>
              Write what is asked and answered to this file, without secrets: for a test, or to report a
              fault

          --replay <FILE>
              Take all answers from this file, which --record made: no network, no credential

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Limits of plugins, and their defaults:
      memory          256MiB  all memories and tables of a plugin's instance
      instances       64      core instances, memories or tables in a plugin, each
      cpu             20s     time on a processor, of one call
      wall            5min    time on the clock, of one call
      requests        10000   requests of one call
      in-flight       512     requests of a plugin on the network at once; more wait
      bytes-in        512MiB  all bodies that one call receives
      bytes-out       64MiB   all bodies that one call sends
      request-body    8MiB    the body of one request
      response-body   32MiB   the body of one response, decoded
      headers         64      headers of one request
      header-bytes    16KiB   names and values of the headers of one request
      log-lines       1000    lines that one call writes to the log
      result          128MiB  a result, or an argument of a host call, in the host's memory
      random          1MiB    random numbers that a plugin gets at once
      handles         100000  handles (streams, pollables, pending requests) of one call
      component       64MiB   the size of a component
      compile         2min    time to compile a component
      compile-memory  2GiB    memory to compile a component
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
          --layout <LAYOUT>          Whose file and symbol names the files have [default: families]
                                     [possible values: families, kdevops-main]
          --prices                   Ask for prices too, where the provider does not give them anyway
          --region <NAME>            Only these regions
          --family <NAME>            Only machine types of these families, as `m5`
          --gpu                      Only machine types with a GPU
          --min-vcpus <N>            Only machine types with at least this many virtual processors
          --output <OUTPUT>          How results are printed [default: table] [possible values: table,
                                     json, yaml]
          --refresh                  Ask the cloud, even if what is kept is fresh
          --arch <NAME>              Only machine types and images of these architectures, as `x86_64`
                                     or `arm64`
          --offline                  Use what is kept, however old, and no network
      -q, --quiet                    Print nothing on stderr but errors
          --no-bundled               Fail rather than use the catalog inside the plugin
      -v, --verbose...               Say more on stderr: -v what is done, -vv every request
          --color <COLOR>            When to use colors [default: auto] [possible values: auto, always,
                                     never]
          --strict                   Fail if anything is missing in the cloud's answer
          --cache-dir <CACHE_DIR>    Where catalogs and compiled plugins are kept [default: the user's
                                     cache folder] [env: CLOUDHOST_CACHE_DIR]
          --endpoint <PROVIDER=URL>  Send the requests of a provider elsewhere
          --plugin-dir <PLUGIN_DIR>  Where installed plugins are kept [default: the user's data folder]
                                     [env: CLOUDHOST_PLUGIN_DIR]
          --timeout <SECONDS>        Longest time for one request, in seconds [default: 60]
          --limit <NAME=VALUE>       Change a limit of plugins, as `memory=512MiB` or `cpu=30s`: see the
                                     list of `cloudhost --help`
          --set <NAME=VALUE>         Set a setting of the provider: see `cloudhost plugin inspect`
          --audit-log <FILE>         Append what plugins were denied or refused for, what was signed for
                                     them and what ended them to this file, as JSON lines
          --record <FILE>            Write what is asked and answered to this file, without secrets: for
                                     a test, or to report a fault
          --replay <FILE>            Take all answers from this file, which --record made: no network,
                                     no credential
      -h, --help                     Print help (see more with '--help')
      -V, --version                  Print version
    --- stderr
    ");
}
