//! Output of `--help`.

use super::{nobody, snapshot};

#[test]
fn help() {
    let (sandbox, outcome) = nobody(&["--help"]);
    snapshot!(sandbox, outcome, @"
    exit: 0
    --- stdout
    Query and change clouds through sandboxed plugins: list, price and select instance types, create
    instances and volumes, generate Kconfig menus

    Usage: cloudhost [OPTIONS] <COMMAND>

    Commands:
      run            Query a provider: list, price, select, generate menus
      instance       Create, list, start, stop and terminate instances
      volume         Create, list, attach, copy and delete volumes and their snapshots
      ssh-key        List, add and delete the public SSH keys that clouds store
      operation      List operations, and carry on with them
      whoami         Show the account of each credential
      gc             End what is past its time, or left of an operation that failed
      doctor         Check credentials, permissions, quotas, clock and versions
      credentials    Store, check and remove credentials
      plugin         Install, inspect, grant, build and publish plugins
      kconfig-value  Print one value for `$(shell, ...)` in a Kconfig file
      cache          Show or clear the cache
      schema         Print the JSON Schema of a result of --output json, or list all schemas
      completions    Print a completion script for a shell
      man            Print the manual page
      help           Print this message or the help of the given subcommand(s)

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Global options:
          --output <OUTPUT>
              Format of results on stdout

              Possible values:
              - table: Columns for people
              - json:  JSON; `cloudhost schema` describes it
              - yaml:  The same data as YAML
              
              [default: table]

      -q, --quiet
              Print only errors on stderr

      -v, --verbose...
              Log more on stderr: -v plugins and audit events, -vv requests

          --color <COLOR>
              Use colors

              Possible values:
              - auto:   On a terminal
              - always: Always
              - never:  Never
              
              [default: auto]

          --cache-dir <DIR>
              Store catalogs and compiled plugins in this directory [default: the user's cache
              directory]
              
              [env: CLOUDHOST_CACHE_DIR]

          --plugin-dir <DIR>
              Store installed plugins in this directory [default: the user's data directory]
              
              [env: CLOUDHOST_PLUGIN_DIR]

          --seal-file <FILE>
              Take the secret that seals files from FILE, [SIZE] bytes or more that only you can read
              [default: a secret of yours on this machine, in the user's data directory]
              
              [env: CLOUDHOST_SEAL_FILE]

          --state-dir <DIR>
              Store the journal of operations and SSH keys in this directory [default: the user's state
              directory]
              
              [env: CLOUDHOST_STATE_DIR]

          --limit <NAME=VALUE>
              Set a limit of plugins, such as `memory=512MiB` or `cpu=30s`; `cloudhost --help` lists
              them

          --audit-log <FILE>
              Append audit events (denials, credential use, limits, crashes) to FILE as JSON lines

          --record <FILE>
              Write all requests and responses to FILE, without secrets: for a test or a bug report

          --replay <FILE>
              Take all responses from FILE, written by --record: no network, no credentials

    Exit status:
      0    done
      1    failed
      2    usage error, such as an unknown name
      3    credentials are missing or were rejected
      4    the cloud or a registry is unreachable, is rate-limiting, or returned an invalid response
      5    done, but data is missing; with --strict: nothing was done
      6    output cannot be written
      7    no capacity or quota now, or nothing matches
      8    capacity or price is unknown
      9    a plugin differs from what was granted, or requests what was not granted
      11   not done yet: the operation goes on, or waits for an answer
      130  interrupted; an operation that has begun can be resumed

    Limits of plugins, and their defaults:
      memory          256MiB  all memories and tables of a plugin's instance
      instances       64      core instances, memories or tables in a plugin, each
      cpu             20s     time on a processor, of one call and its requests
      wall            5min    time on the clock, of one call
      requests        10000   requests of one call
      in-flight       512     requests of a plugin on the network at once; more wait
      bytes-in        512MiB  what one call receives, in all
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
      compiled-code   64MiB   the size of a component's compiled code
    --- stderr
    ");
}

#[test]
fn help_of_a_generation() {
    let (sandbox, outcome) = nobody(&["run", "aws", "generate-kconfig", "-h"]);
    snapshot!(sandbox, outcome, @"
    exit: 0
    --- stdout
    Write Kconfig menus of regions, instance types and images

    Usage: cloudhost run <PROVIDER> generate-kconfig [OPTIONS]

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Generated files:
          --output-dir <DIR>        Write to this directory [default: terraform/PROVIDER/kconfigs]
          --source-prefix <PREFIX>  Put this before file names in `source` lines [default: the output
                                    directory as given]
          --dialect <DIALECT>       Kconfig dialect [default: kdevops] [possible values: kdevops, plain]
          --layout <LAYOUT>         File layout and symbol names [default: families] [possible values:
                                    families, kdevops-main]

    Data source:
          --prices                   Include prices where the provider does not return them anyway
          --refresh                  Bypass the cache
          --offline                  Use only the cache, whatever its age, and no network
          --no-bundled               Fail instead of using the catalog inside the plugin
          --strict                   Fail if requested data is missing
          --endpoint <PROVIDER=URL>  Send the provider's requests to URL
          --assume-role <ARN>        Assume this AWS role [env: CLOUDHOST_ASSUME_ROLE]
          --timeout <SECONDS>        Limit the time of one request [default: 60]
          --set <NAME=VALUE>         Set a setting of the provider; `cloudhost plugin inspect` lists
                                     them

    Filters:
          --region <NAME,...>  Select only these regions
          --family <NAME,...>  Select only these families, such as `m5`
          --gpu                Select only instance types with a GPU
          --min-vcpus <N>      Select only instance types with at least N virtual processors
          --arch <NAME,...>    Select only these architectures, such as `x86_64` or `arm64`

    Global options:
          --output <OUTPUT>     Format of results on stdout [default: table] [possible values: table,
                                json, yaml]
      -q, --quiet               Print only errors on stderr
      -v, --verbose...          Log more on stderr: -v plugins and audit events, -vv requests
          --color <COLOR>       Use colors [default: auto] [possible values: auto, always, never]
          --cache-dir <DIR>     Store catalogs and compiled plugins in this directory [default: the
                                user's cache directory] [env: CLOUDHOST_CACHE_DIR]
          --plugin-dir <DIR>    Store installed plugins in this directory [default: the user's data
                                directory] [env: CLOUDHOST_PLUGIN_DIR]
          --seal-file <FILE>    Take the secret that seals files from FILE, [SIZE] bytes or more that only
                                you can read [default: a secret of yours on this machine, in the user's
                                data directory] [env: CLOUDHOST_SEAL_FILE]
          --state-dir <DIR>     Store the journal of operations and SSH keys in this directory [default:
                                the user's state directory] [env: CLOUDHOST_STATE_DIR]
          --limit <NAME=VALUE>  Set a limit of plugins, such as `memory=512MiB` or `cpu=30s`; `cloudhost
                                --help` lists them
          --audit-log <FILE>    Append audit events (denials, credential use, limits, crashes) to FILE
                                as JSON lines
          --record <FILE>       Write all requests and responses to FILE, without secrets: for a test or
                                a bug report
          --replay <FILE>       Take all responses from FILE, written by --record: no network, no
                                credentials
    --- stderr
    ");
}
