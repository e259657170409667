# Shared by every script in bin/. Sourced, never run.
# shellcheck shell=bash
# shellcheck disable=SC2034 # used by those who source it

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
dev_dir=$root/.dev
venv=$dev_dir/venv

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
  warn "$@"
  exit 1
}
is_root() { ((EUID == 0)); }

# A shell that is not a login shell (cron, CI) does not have Rust in its PATH.
if ! command -v cargo >/dev/null && [[ -x ${HOME:-/root}/.cargo/bin/cargo ]]; then
  PATH=$HOME/.cargo/bin:$PATH
fi

# Readable for all, whatever the umask: user postgres has to pass through it.
make_dev_dir() { [[ -d $dev_dir ]] || mkdir -m 755 "$dev_dir"; }

random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# load_env_file FILE: exports the KEY=value lines of FILE. What the caller has set wins.
# The file is read, not run: no expansion, no commands.
load_env_file() {
  local line key value
  while IFS= read -r line || [[ -n $line ]]; do
    [[ $line =~ ^([A-Z][A-Z0-9_]*)=(.*)$ ]] || continue
    key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    [[ $value =~ ^\"(.*)\"$ || $value =~ ^\'(.*)\'$ ]] && value=${BASH_REMATCH[1]}
    [[ -v $key ]] || export "$key=$value"
  done <"$1"
}

# Succeeds when something answers on this port of 127.0.0.1.
port_in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
