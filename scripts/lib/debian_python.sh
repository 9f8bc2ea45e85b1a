#!/usr/bin/env bash
# Unpacks a newer Debian's Python 3.14 into a folder, without root and without touching the system.
# usage: debian_python.sh FOLDER PATCHELF
# The interpreter then is FOLDER/usr/bin/python3.14; the folder must not be moved afterwards.
set -euo pipefail

readonly SUITE=forky
readonly PYTHON=python3.14

root=$(realpath -m "$1")
patchelf=$2
work=$root.download
arch=$(dpkg --print-architecture)

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n1)
[[ -n $mirror ]] || { echo "apt knows no Debian mirror" >&2; exit 1; }

rm -rf "$root" "$work"
mkdir -p "$root" "$work"/{state/lists/partial,cache/archives/partial,log,debs}
: >"$work/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $SUITE main" >"$work/sources.list"

# With an empty package status apt resolves the whole closure, libc included.
cat >"$work/apt.conf" <<CONF
#clear APT::Update;
#clear DPkg;
APT::Architecture "$arch";
#clear APT::Architectures;
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Debug::NoLocking "true";
Dir::State "$work/state";
Dir::State::Lists "$work/state/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Log "$work/log";
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
CONF

apt() { apt-get -c "$work/apt.conf" -qq -y "$@" >&2; }
apt update
apt install --download-only "$PYTHON"
# The headers come alone: with the newer libc's headers beside them, C extensions would not build.
(cd "$work/debs" && apt download "lib$PYTHON-dev" "lib$PYTHON")

for package in "$work"/cache/archives/*.deb "$work"/debs/*.deb; do
    dpkg -x "$package" "$root"
done

# The interpreter runs on the libc that it was built for. A library that asks for one of libc's
# old part libraries must find the one of that libc, hence all of them are loaded at start.
libraries=$(dirname "$(find "$root/usr/lib" -name libc.so.6 -print -quit)")
loader=$(find "$root/" -name 'ld-linux-*.so.*' -print -quit)
parts=()
for part in libdl.so.2 libpthread.so.0 librt.so.1 libutil.so.1 libm.so.6 libresolv.so.2; do
    parts+=(--add-needed "$part")
done
"$patchelf" --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" \
    "${parts[@]}" "$root/usr/bin/$PYTHON"

"$root/usr/bin/$PYTHON" -c 'import ctypes, hashlib, sqlite3, ssl'
rm -rf "$work"
