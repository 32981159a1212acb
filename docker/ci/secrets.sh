# shellcheck shell=bash
# Checks that secrets do not leak and that containers have no privileges. Sourced by docker/ci.sh.

# Fails if the image, the logs or the run directories of the farm contain a secret.
nothing_says() { # nothing_says SECRET
    [ "${#1}" -ge 20 ] || fail "the secret to search for is too short"
    local places="$WORK/places"
    mkdir -p "$places"
    docker history --no-trunc "$SWEEPFARM_IMAGE" >"$places/history"
    docker image inspect "$SWEEPFARM_IMAGE" >"$places/image"
    docker compose logs --no-color >"$places/logs" 2>&1
    docker compose run --rm --no-deps -T --entrypoint tar report -C /runs -c . >"$places/runs.tar"
    [ -s "$places/logs" ] && [ "$(stat -c %s "$places/runs.tar")" -gt 100000 ] || fail "there are no logs or runs to search"
    ! grep --recursive --files-with-matches --text --fixed-strings -e "$1" "$places" || fail "the key is in the files above"
}

# Fails unless the kernel reports uid 10001, no capabilities, no new privileges and read-only root folders.
everything_is_locked_down() {
    local container
    for container in $(docker compose ps --quiet --status running); do
        docker exec "$container" python -c '
import os, re
status = open("/proc/1/status").read()
assert os.getuid() == os.getgid() == 10001, (os.getuid(), os.getgid())
assert set(re.findall(r"^Cap(?:Inh|Prm|Eff|Bnd|Amb):\s*(\w+)", status, re.M)) == {"0" * 16}, status
assert re.search(r"^NoNewPrivs:\s*1$", status, re.M) and re.search(r"^Seccomp:\s*2$", status, re.M), status
for path in ("/", "/app", "/venv", "/etc", "/usr"):
    assert os.statvfs(path).f_flag & os.ST_RDONLY, path
' || fail "container $container is not locked down"
        [ "$(docker inspect --format '{{.Config.User}} {{.HostConfig.Privileged}}' "$container")" = "10001:10001 false" ] ||
            fail "container $container is privileged or has the wrong user"
    done
}
