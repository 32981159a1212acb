# shellcheck shell=bash
# Finds a Docker engine, or installs and starts one. Sourced by docker/ci.sh.

# shellcheck disable=SC2034  # WHY_NOT is read by docker/ci.sh
# Makes sure that an engine runs; otherwise sets WHY_NOT to the reason.
get_engine() {
    WHY_NOT=
    if docker version >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then
        return
    elif [ "$(uname -s)" != Linux ] || [ "$(id -u)" != 0 ]; then
        WHY_NOT="no engine runs here, and starting one requires root on Linux"
    elif ! command -v apt-get >/dev/null || [ -z "$(debian_mirror)" ]; then
        WHY_NOT="no engine runs here, and there is no Debian archive to install one from"
    elif ! install_engine >"$LOGS/engine.log" 2>&1; then
        WHY_NOT="the engine's packages cannot be installed: $(tail -n 1 "$LOGS/engine.log")"
    elif ! start_engine; then
        WHY_NOT="the engine does not start on this machine: $(tail -n 1 "$LOGS/dockerd.log")"
    fi
}

# Prints the URI of this machine's Debian archive.
debian_mirror() {
    apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 == "Debian" && $1 !~ /security/ {print $1; exit}'
}

# Compose v2 and buildx are packaged in Debian from trixie on; these packages run on bookworm too.
install_engine() {
    apt-get update -qq
    if [ ! -e /etc/apt/sources.list.d/sweepfarm-trixie.sources ]; then
        printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: %s\n' "$(debian_mirror)" \
            /usr/share/keyrings/debian-archive-keyring.gpg >/etc/apt/sources.list.d/sweepfarm-trixie.sources
        printf 'Package: *\nPin: release n=trixie\nPin-Priority: 50\n' >/etc/apt/preferences.d/sweepfarm-trixie
        apt-get update -qq
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        docker.io/trixie docker-cli/trixie containerd/trixie docker-compose/trixie docker-buildx/trixie \
        iptables mmdebstrap
}

# Starts our own daemon with its images in the work folder, so that nothing is left after it.
start_engine() {
    mkdir -p "$WORK/bin"
    # With this hook on its PATH, the daemon accepts the GPU reservations of compose.gpu.yml without a GPU.
    command -v nvidia-container-runtime-hook >/dev/null ||
        install -m 755 docker/ci/nvidia-container-runtime-hook "$WORK/bin"
    PATH="$PATH:$WORK/bin" dockerd --data-root "$WORK/images" --exec-root "$WORK/run" --pidfile "$WORK/pid" \
        >"$LOGS/dockerd.log" 2>&1 &
    ENGINE=$!
    for _ in $(seq 60); do
        docker version >/dev/null 2>&1 && return
        kill -0 "$ENGINE" 2>/dev/null || return 1
        sleep 0.5
    done
    return 1
}

stop_engine() {
    [ -n "${ENGINE:-}" ] || return 0
    kill "$ENGINE" 2>/dev/null && wait "$ENGINE"
    # Unmounts networks of an interrupted Swarm: they would block networks of a later engine. It is no failure if
    # one disappears meanwhile.
    awk -v folder="$WORK/" '$3 == "nsfs" && index($2, folder) == 1 {print $2}' /proc/mounts |
        xargs -r umount --lazy || true
}
