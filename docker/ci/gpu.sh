#!/usr/bin/env bash
# Tests one GPU per agent in real containers, with three fake GPUs and two farms. Needs the image, and an engine with
# the nvidia driver enabled (a fake nvidia-container-runtime-hook on dockerd's PATH is enough).
set -euo pipefail
cd "$(dirname "$0")/../.."
export SWEEPFARM_IMAGE=${SWEEPFARM_IMAGE:-sweepfarm:latest}

farm() { # farm NAME ARGUMENTS...
    docker compose --project-name "sweepfarm-gpu-$1" --progress quiet \
        -f docker-compose.yml -f docker/compose.gpu.yml -f docker/ci/gpu.yml "${@:2}"
}

start() { # start FARM AGENTS
    # The first container of a farm fills its cache volume from the image; several at once would conflict.
    farm "$1" run --rm --no-deps -T --entrypoint true grpo-sweep
    farm "$1" up --detach --no-build --no-deps --scale "grpo-sweep=$2" grpo-sweep
}

# Prints one line per running agent: farm, container, and its GPU or "waits".
agents() {
    local farm container
    for farm in a b; do
        for container in $(farm "$farm" ps --quiet grpo-sweep); do
            echo "$farm $container $(docker logs "$container" 2>&1 |
                sed -n 's/^claim_gpu: GPU //p; s/^claim_gpu: .* waiting up to .*/waits/p' | tail -n 1)"
        done
    done
}

# Prints the last column, for farm a and for farm b: `GPU-1 GPU-2 / waits`.
picture() {
    agents | sort -k 1,1 -k 3,3 | awk '{held[$1] = held[$1] " " $3} END {print held["a"] " /" held["b"]}'
}

expect() { # expect WHAT PICTURE: waits up to about 30 s for it
    local current
    for _ in $(seq 60); do
        current=$(picture)
        [ "$current" = "$2" ] && { echo "ok: $1:$current"; return; }
        sleep 0.5
    done
    echo "FAILED: $1: expected '$2', got '$current'" >&2
    farm a logs --no-color >&2
    farm b logs --no-color >&2
    exit 1
}

kill_holder() { # kill_holder FARM GPU: kills its agent; the engine does not restart it
    docker kill "$(agents | awk -v farm="$1" -v gpu="$2" '$1 == farm && $3 == gpu {print $2}')" >/dev/null
}

end() {
    farm a down --volumes --timeout 1
    farm b down --volumes --timeout 1
}
trap end EXIT

read -r A B C < <(docker/ci/nvidia-smi -L | grep -o 'GPU-[a-z0-9-]*' | xargs)
start a 4
expect "four agents, three GPUs: the fourth waits" " $A $B $C waits /"
kill_holder a "$B"
expect "a killed agent frees its GPU for the fourth" " $A $B $C /"
start b 2
expect "a second farm waits for GPUs that the first uses" " $A $B $C / waits waits"
kill_holder a "$C"
expect "the second farm takes the GPU that comes free" " $A $B / $C waits"
