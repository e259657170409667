# The tools Vitaran needs: one function each that prints the version found, or
# fails; and the installing of what is missing. Sourced by bin/setup.
# shellcheck shell=bash
# shellcheck disable=SC2154 # root, dev_dir and venv come from common.sh

# at_least FOUND MINIMUM: compares dotted numbers ("15.18" is at least "15").
at_least() {
  local -a have need
  local i
  IFS=. read -ra have <<<"${1%%[!0-9.]*}"
  IFS=. read -ra need <<<"$2"
  for i in "${!need[@]}"; do
    ((10#0${have[i]:-0} > 10#${need[i]})) && return 0
    ((10#0${have[i]:-0} < 10#${need[i]})) && return 1
  done
  return 0
}

# first_version: the first dotted number in what is piped in.
first_version() {
  local text
  text=$(cat)
  [[ $text =~ [0-9]+(\.[0-9]+)+ ]] && printf '%s\n' "${BASH_REMATCH[0]}"
}

# The version of a Debian package that is installed (and not merely known).
package_version() {
  local status version
  read -r status version < <(dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null)
  [[ $status == installed ]] && printf '%s\n' "${version#*:}"
}

# ---- Rust -------------------------------------------------------------------

required_rust() { sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$root/Cargo.toml"; }
cargo_version() { cargo --version | first_version; }
rustfmt_version() { cargo fmt --version | first_version; }
clippy_version() { cargo clippy --version | first_version; }

# A compiler without the C library's headers compiles nothing (ring needs both).
cc_version() {
  printf '#include <stdlib.h>\n' | cc -E - >/dev/null && cc -dumpfullversion
}

# ---- PostgreSQL -------------------------------------------------------------

# The newest server on this machine. Debian keeps its programs out of the PATH.
postgres_bin() {
  local dir
  dir=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  [[ -x $dir ]] || dir=$(command -v initdb) || return 1
  printf '%s\n' "${dir%/initdb}"
}
postgres_version() { "$(postgres_bin)/postgres" --version | first_version; }

# The extensions of the migrations; both are "trusted": no superuser installs them.
contrib_version() {
  local dir
  dir=$("$(postgres_bin)/pg_config" --sharedir)/extension
  [[ -f $dir/hstore.control ]] && first_version <"$dir/pgcrypto.control"
}

# ---- Python and what lives in the private venv ------------------------------

# The first Python that is new enough and able to make a venv.
find_python() {
  local python
  for python in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$python"
      return
    fi
  done
  return 1
}
# The venv's own Python, while there is one that runs: it needs no other.
python_version() {
  { "$venv/bin/python" --version 2>/dev/null || "$(find_python)" --version; } | first_version
}

# venv_faults: the pins which the venv does not have, one "name==version" a line.
venv_faults() {
  "$venv/bin/python" -I - "$root"/bin/requirements/*.txt <<'PYTHON'
import sys
from importlib.metadata import PackageNotFoundError, version

for file in sys.argv[1:]:
    for line in open(file, encoding="utf-8"):
        name, pinned, wanted = line.split("#")[0].strip().partition("==")
        if not pinned:
            continue
        try:
            found = version(name)
        except PackageNotFoundError:
            found = None
        if found != wanted:
            print(f"{name}=={wanted}")
PYTHON
}

make_venv() {
  local python
  # A venv whose Python is gone cannot be repaired.
  if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$venv"
    python=$(find_python) || die "no Python >= 3.11 with venv and ensurepip was found"
    "$python" -m venv "$venv"
  fi
  "$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --no-deps \
    -r "$root/bin/requirements/renderer.txt" -r "$root/bin/requirements/dev.txt"
  "$venv/bin/python" -m pip check --disable-pip-version-check >/dev/null ||
    die "the pins in bin/requirements do not fit together; see: $venv/bin/python -m pip check"
  # Loads Pango and HarfBuzz: the only proof that the libraries are the right ones.
  "$venv/bin/python" -I -c 'import weasyprint' ||
    die "WeasyPrint is installed but does not start"
}

# ---- Fonts and, for the tests, the browser and the PDF readers ---------------

# Latin, Devanagari and Tamil must all be there: a missing script prints as boxes.
noto_version() {
  local family families
  families=$(fc-list : family)
  for family in 'Noto Sans' 'Noto Sans Devanagari' 'Noto Sans Tamil'; do
    grep -qxF -- "$family" <<<"$families" || return 1
  done
  package_version fonts-noto-core || printf '1.0\n'
}

chromium_version() { chromium --version | first_version; }
chromedriver_version() { chromedriver --version | first_version; }
poppler_version() {
  command -v pdffonts pdftoppm >/dev/null && pdftotext -v 2>&1 | first_version
}

# ---- Installing -------------------------------------------------------------

as_root() { if is_root; then "$@"; else sudo "$@"; fi; }

# install_packages PACKAGE...: by apt, as root or by sudo; else says what to do.
install_packages() {
  local log=$dev_dir/apt.log
  local -a apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o 'DPkg::Lock::Timeout=600')
  command -v apt-get >/dev/null ||
    die "this is not a Debian system: install what Debian calls: $*"
  is_root || command -v sudo >/dev/null ||
    die "not root, and no sudo here. As root run: apt-get install --no-install-recommends $*"

  say "installing $*"
  {
    as_root "${apt[@]}" update
    # Debian's server package makes and starts a cluster "main", unless told not to
    # before. Vitaran's own cluster is private, and leaves the machine's alone.
    if [[ " $* " == *' postgresql '* ]]; then
      as_root "${apt[@]}" install -y --no-install-recommends postgresql-common
      as_root pg_conftool /etc/postgresql-common/createcluster.conf set create_main_cluster false
    fi
    as_root "${apt[@]}" install -y --no-install-recommends "$@"
  } >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    die "apt-get failed, see $log. Wanted: $*"
  }
}
