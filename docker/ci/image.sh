# shellcheck shell=bash
# Builds the image, also without access to a registry or to the index of torch. Sourced by docker/ci.sh.

build_image() {
    make_base
    say "base image"
    make_wheels
    docker compose build >"$LOGS/build.log" 2>&1 || { tail -n 60 "$LOGS/build.log" >&2; fail "the image was not built"; }
    say "image: $(docker image inspect --format '{{.Size}}' "$SWEEPFARM_IMAGE" | numfmt --to=si)B"
}

# If the base image is not available, makes one with Debian's Python and this machine's certificates.
make_base() {
    docker image inspect "$PYTHON_IMAGE" >/dev/null 2>&1 && return
    docker pull --quiet "$PYTHON_IMAGE" >/dev/null 2>&1 && return
    local certificates=/etc/ssl/certs/ca-certificates.crt
    mmdebstrap --quiet --variant=minbase --mode=root \
        --include=ca-certificates,python3-minimal,python3-venv,python3-pip \
        --aptopt='Acquire::Languages "none"' --aptopt='Apt::Install-Recommends "false"' \
        --dpkgopt='force-unsafe-io' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --customize-hook='rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED' \
        --customize-hook='for name in python python3 python3.11; do ln -s ../../bin/python3 "$1/usr/local/bin/$name"; done' \
        --customize-hook="copy-in $certificates /etc/ssl/certs" \
        bookworm - "$(debian_mirror)" |
        docker import \
            -c 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' \
            -c 'ENV LANG=C.UTF-8' \
            -c "ENV PIP_CERT=$certificates SSL_CERT_FILE=$certificates REQUESTS_CA_BUNDLE=$certificates" \
            -c 'CMD ["python3"]' - "$PYTHON_IMAGE" >/dev/null
}

# Makes an image of the wheels in pip's `find-links` folder, if there is one: torch's index may be unreachable.
make_wheels() {
    local folder
    folder=$("$PYTHON" -m pip config list | sed -n "s/.*find-links='\(.*\)'/\1/p" | head -n 1)
    [ -n "$folder" ] && [ -d "$folder" ] || return 0
    docker image inspect sweepfarm-wheels:ci >/dev/null 2>&1 ||
        tar -C "$folder" -c . | docker import - sweepfarm-wheels:ci >/dev/null
    export WHEELS_IMAGE=sweepfarm-wheels:ci TORCH_INDEX=
}
