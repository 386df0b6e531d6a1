#!/bin/sh
# Run a command with the network cut (loopback stays) and an empty Keras cache:
#     tools/offline.sh COMMAND [ARGUMENT …]
set -eu

if [ "${1-}" = --inside ]; then
    shift
    ip link set lo up
    if ip route get 192.0.2.1 >/dev/null 2>&1; then
        echo "offline.sh: the network is not cut" >&2
        exit 1
    fi
    exec "$@"
fi

for tool in unshare ip; do
    command -v $tool >/dev/null || {
        echo "offline.sh needs Linux with $tool (Debian: util-linux, iproute2)" >&2
        exit 1
    }
done
cache=$(mktemp -d)
trap 'rm -rf "$cache"' EXIT
if unshare -rn true 2>/dev/null; then
    unshare -rn "$0" --inside env KERAS_HOME="$cache" "$@"
elif sudo -n unshare -n true 2>/dev/null; then # where user namespaces are refused
    sudo -n unshare -n "$0" --inside sudo -n -u "$(id -un)" env KERAS_HOME="$cache" "$@"
else
    echo "offline.sh: this system lets nobody cut the network for a command" >&2
    exit 1
fi
