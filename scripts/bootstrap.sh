#!/usr/bin/env bash
# Installs what is missing to build and test Deskhouse on Debian 12, and says what it does. Safe to run again:
# when nothing is missing it changes nothing and takes about a second. Needs bash and apt; runs as root or with sudo.
#
#   scripts/bootstrap.sh          what `make build` and `make demo` need
#   scripts/bootstrap.sh test     the same, and what `make test` needs: the servers that tests start
#   scripts/bootstrap.sh lint     the same, and what `make lint` and `make tidy` need
#
# DUCKDB_ROOT=DIR uses the libduckdb.so and duckdb.h in DIR instead of fetching them; KAFKA_HOME=DIR the broker in DIR/libs;
# PROMETHEUS_HOME=DIR the programs of Prometheus and Alertmanager in DIR; SPARK_HOME=DIR the Spark in DIR, whose Python is
# PYSPARK_PYTHON.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly deps=$PWD/.deps
say() { printf 'bootstrap: %s\n' "$*"; }
die() { printf 'bootstrap: %s\n' "$*" >&2; exit 1; }

# ---- Debian packages -------------------------------------------------------------------------------------------

# A tool is missing if its command is; a user may have it from elsewhere. command:package
readonly tools=(cmake:cmake ninja:ninja-build g++:g++ make:make ccache:ccache mold:mold npm:npm python3:python3 openssl:openssl)
readonly test_tools=(java:openjdk-17-jre-headless mvn:maven)
readonly lint_tools=(clang-format:clang-format)
libraries=(
  libfmt-dev libcli11-dev libtomlplusplus-dev nlohmann-json3-dev libsimdjson-dev
  zlib1g-dev libzstd-dev libxxhash-dev libisal-dev libpq-dev libmariadb-dev libcurl4-openssl-dev libssl-dev librdkafka-dev
  libboost-dev
  libgtest-dev libgmock-dev librapidcheck-dev
  tzdata python3-venv
)
# For tests, which start servers of their own: none is started here. Of MariaDB the parts that start nothing by themselves;
# faketime sets its clock; chromium, with letters for Korean, shows the dashboard.
readonly servers=(
  postgresql mariadb-server-core mariadb-client-core faketime
  request-tracker5 rt5-db-postgresql rt5-db-mysql
  chromium fonts-noto-cjk
)

installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

missing_packages() {
  local entry have
  for entry in "$@"; do command -v "${entry%%:*}" >/dev/null || echo "${entry#*:}"; done
  # One question for all libraries: dpkg-query takes longer to start than to answer.
  have=$(dpkg-query -W -f='${binary:Package} ${db:Status-Status}\n' "${libraries[@]}" 2>/dev/null |
    sed -n 's/^\([^: ]*\)\(:[^ ]*\)\? installed$/\1/p') || true  # it fails if it does not know one of them
  for entry in "${libraries[@]}"; do grep -qxF "$entry" <<<"$have" || echo "$entry"; done
}

apt() {
  local -a as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "installing packages needs root: run as root, or install sudo"
    as_root=(sudo)
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" \
    >"$log" 2>&1
}

# Debian's package makes a cluster on the default port and starts it; the tests start servers of their own.
keep_postgresql_quiet() {
  local folder=/etc/postgresql-common/createcluster.d
  [[ " $* " == *' postgresql '* && ! -e $folder/deskhouse.conf ]] || return 0
  local -a as_root=()
  ((EUID == 0)) || as_root=(sudo)
  "${as_root[@]}" mkdir -p "$folder"
  "${as_root[@]}" tee "$folder/deskhouse.conf" >/dev/null <<<'create_main_cluster = false'
}

# Request Tracker would ask for a database, and bring a mail server where there is none; the tests have the one and
# send nothing.
keep_request_tracker_quiet() {
  [[ " $* " == *' request-tracker5 '* ]] || return 0
  local -a as_root=()
  ((EUID == 0)) || as_root=(sudo)
  "${as_root[@]}" debconf-set-selections <<<'request-tracker5 request-tracker5/dbconfig-install boolean false'
}

install_packages() {
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || die "there is no apt-get here; install what these Debian packages hold: ${missing[*]}"
  say "installing ${missing[*]}"
  keep_postgresql_quiet "${missing[@]}"
  keep_request_tracker_quiet "${missing[@]}"
  # The package lists may be absent or old, or a mirror may fail once: fetch the lists and try again, twice at most.
  local attempt
  for attempt in 1 2 3; do
    if apt install -y --no-install-recommends "${missing[@]}"; then break; fi
    if ((attempt < 3)); then
      say "fetching the package lists (attempt $attempt of 2)"
      apt update || sleep 5
    fi
  done
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} == 0)) || { tail -n 20 "$log" >&2; die "could not install: ${missing[*]} (apt's last words are above)"; }
}

# ---- DuckDB: the library and its C header, of exactly these contents ---------------------------------------------

readonly duckdb_library_package=@duckdb/node-bindings-linux-x64@1.5.5-r.5
readonly duckdb_header_package=duckdb@1.4.4
readonly duckdb_sha256='fc23f12e376c47be520f75221288281906e7942e8fd6f6ce4849198ba60d0405  libduckdb.so
cbe6a827284375c5a646b8f27dbd3a00808ce8738b5bbb49c190cb1e08540281  duckdb.h'

# fetch_npm PACKAGE PATH_INSIDE FILE: one file out of an npm package, without running its install script.
fetch_npm() {
  say "fetching ${3##*/} out of the npm package $1"
  rm -rf "$deps/npm" && mkdir -p "$deps/npm"
  local attempt
  for attempt in 1 2; do
    (cd "$deps/npm" && npm pack --silent "$1" >"$log" 2>&1) && break
    ((attempt == 1)) || { tail -n 20 "$log" >&2; die "could not fetch the npm package $1"; }
    sleep 5
  done
  tar -xzf "$deps"/npm/*.tgz -C "$deps/npm" "$2" || die "the npm package $1 does not hold $2"
  mv "$deps/npm/$2" "$3"
  rm -rf "$deps/npm"
}

install_duckdb() {
  if [[ -n ${DUCKDB_ROOT:-} ]]; then
    local part
    for part in libduckdb.so duckdb.h; do
      [[ -f $DUCKDB_ROOT/$part ]] || die "DUCKDB_ROOT is $DUCKDB_ROOT, but $part is not in it"
    done
    return
  fi
  local root=$deps/duckdb
  if (cd "$root" 2>/dev/null && sha256sum --status -c - <<<"$duckdb_sha256" 2>/dev/null); then return; fi
  [[ $(uname -sm) == 'Linux x86_64' ]] ||
    die "DuckDB's library is pinned for Linux on x86-64; for $(uname -sm) set DUCKDB_ROOT to a folder with libduckdb.so 1.5.5 and duckdb.h"
  mkdir -p "$root"
  fetch_npm "$duckdb_library_package" package/libduckdb.so "$root/libduckdb.so"
  fetch_npm "$duckdb_header_package" package/src/duckdb/src/include/duckdb.h "$root/duckdb.h"
  (cd "$root" && sha256sum --quiet -c - <<<"$duckdb_sha256") ||
    die "DuckDB in $root is not what this script was written for (checksum); remove the folder and try again"
}

# A lake needs these. They are signed, and load into no other version; where this folder lacks them DuckDB takes those
# that `INSTALL ducklake` has put into the user's own folder.
readonly duckdb_extensions=(ducklake sqlite_scanner postgres_scanner)
readonly duckdb_extension_version=1.5.5
readonly duckdb_extensions_sha256='e51bf9e8d933d0e83780ae096455501b542cf962569a2ce5613532d702c08302  ducklake.duckdb_extension
693d2bf90779df23ca5ebe0688639b9adfc11c2d55ae3466b33e28be16afaa5e  sqlite_scanner.duckdb_extension
b1ced4cfc6311313e117c2afb3eac76508718778dde0716421503c7dbfb5605c  postgres_scanner.duckdb_extension'

# REQUIRES install_python: the extensions are in Python packages.
install_duckdb_extensions() {
  [[ -z ${DUCKDB_ROOT:-} ]] || return 0
  local root=$deps/duckdb/extensions name package
  if (cd "$root" 2>/dev/null && sha256sum --status -c - <<<"$duckdb_extensions_sha256" 2>/dev/null); then return; fi
  mkdir -p "$root"
  for name in "${duckdb_extensions[@]}"; do
    package=duckdb-extension-${name//_/-}==$duckdb_extension_version
    say "fetching $name.duckdb_extension out of the Python package $package"
    rm -rf "$deps/wheel" && mkdir -p "$deps/wheel"
    "$deps/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$deps/wheel" "$package" \
      >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "could not fetch the Python package $package"; }
    "$deps/venv/bin/python" -m zipfile -e "$deps"/wheel/*.whl "$deps/wheel/content"
    mv "$deps"/wheel/content/*/extensions/v$duckdb_extension_version/$name.duckdb_extension "$root/"
  done
  rm -rf "$deps/wheel"
  (cd "$root" && sha256sum --quiet -c - <<<"$duckdb_extensions_sha256") ||
    die "the extensions in $root are not what this script was written for (checksum); remove the folder and try again"
}

# ---- Python, for the tests and clang-tidy only --------------------------------------------------------------------

# install_python REQUIREMENTS FOLDER: an environment of exactly these packages.
install_python() {
  local wanted=$1 venv=$2
  if cmp -s "$wanted" "$venv/installed.txt" && [[ -x $venv/bin/python ]] && "$venv/bin/python" -c ''; then return; fi
  say "making the Python environment of $wanted"
  rm -rf "$venv"
  { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"; } \
    >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "could not install the Python packages of $wanted"; }
  cp "$wanted" "$venv/installed.txt"
}

# ---- Spark, for the tests only: a cluster that they start themselves ------------------------------------------------

# Apart from the environment of the tests: it takes 900 MB, and a build needs none of it.
install_spark() {
  if [[ -n ${SPARK_HOME:-} ]]; then
    [[ -x $SPARK_HOME/bin/spark-submit ]] || die "SPARK_HOME is $SPARK_HOME, but bin/spark-submit is not in it"
    return
  fi
  install_python tests/spark/requirements.txt "$deps/spark"
}

# The connector by which Spark reads Kafka, whichever Spark it is.
install_spark_kafka() {
  install_jars tests/spark/kafka/pom.xml "$deps/spark-kafka" "Spark's connector for Kafka"
}

# ---- Kafka, for the tests only: a broker that they start themselves -------------------------------------------------

# KAFKA_HOME=DIR uses the broker whose jars are in DIR/libs.
install_kafka() {
  if [[ -n ${KAFKA_HOME:-} ]]; then
    compgen -G "$KAFKA_HOME/libs/kafka_2.13-*.jar" >/dev/null || die "KAFKA_HOME is $KAFKA_HOME, but no broker is in its libs"
    return
  fi
  install_jars tests/stream/kafka/pom.xml "$deps/kafka" "the Kafka broker"
}

# What a pom.xml names, into DIR/libs: install_jars POM DIR WHAT.
install_jars() {
  cmp -s "$1" "$2/installed.xml" && return
  say "fetching $3 of $1"
  rm -rf "$2"
  mvn -q -B -f "$1" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$2/libs" >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; die "could not fetch $3 with Maven"; }
  cp "$1" "$2/installed.xml"
}

# ---- Prometheus and Alertmanager, for the tests only -----------------------------------------------------------------

# Their packages would start both as services; the tests start what is in them themselves. PROMETHEUS_HOME=DIR uses
# prometheus, promtool and prometheus-alertmanager in DIR.
install_prometheus() {
  local root=$deps/prometheus templates=/usr/share/prometheus/alertmanager program
  if [[ -n ${PROMETHEUS_HOME:-} ]]; then
    for program in prometheus promtool prometheus-alertmanager; do
      [[ -x $PROMETHEUS_HOME/$program ]] || die "PROMETHEUS_HOME is $PROMETHEUS_HOME, but $program is not in it"
    done
    return
  fi
  [[ -x $root/usr/bin/promtool && -x $root/usr/bin/prometheus-alertmanager && -e $templates ]] && return
  say "fetching Prometheus and Alertmanager"
  rm -rf "$root" "$root.packages" && mkdir -p "$root" "$root.packages"
  (cd "$root.packages" && apt-get -qq -o Acquire::Retries=3 download prometheus prometheus-alertmanager) >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; die "could not fetch the packages of Prometheus and Alertmanager; \`apt-get update\` may help"; }
  local package
  for package in "$root.packages"/*.deb; do dpkg-deb -x "$package" "$root"; done
  rm -rf "$root.packages"
  if [[ ! -e $templates ]]; then  # Debian's Alertmanager looks for its templates there and nowhere else
    local -a as_root=()
    ((EUID == 0)) || as_root=(sudo)
    "${as_root[@]}" mkdir -p "${templates%/*}"
    "${as_root[@]}" cp -r "$root$templates" "$templates"
  fi
}

mkdir -p "$deps"
readonly log=$deps/bootstrap.log
case "${1:-}" in
  '') install_packages "${tools[@]}" ;;
  test)
    libraries+=("${servers[@]}")
    [[ -x /usr/sbin/sendmail ]] || libraries+=(msmtp-mta)
    install_packages "${tools[@]}" "${test_tools[@]}"
    ;;
  lint) install_packages "${tools[@]}" "${lint_tools[@]}" ;;
  *) die "unknown argument '$1': give nothing, test or lint" ;;
esac
install_duckdb
[[ ${1:-} != test ]] || { install_kafka; install_prometheus; install_spark; install_spark_kafka; }
install_python tests/requirements.txt "$deps/venv"
install_duckdb_extensions
[[ ${1:-} != lint ]] || install_python tests/tidy/requirements.txt "$deps/lint"
say "everything is there"
