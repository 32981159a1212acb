#!/usr/bin/env bash
# Tests docker/stack.yaml on a Swarm of one node, with the embedded server and agents on the CPU. Needs the image and
# an engine that is not in a Swarm.
set -euo pipefail
cd "$(dirname "$0")/../.."
export SWEEPFARM_IMAGE=${SWEEPFARM_IMAGE:-sweepfarm:latest} SWEEPFARM_PORT=0
STACK=sweepfarm-ci
AGENTS_OF=${STACK}_grpo-sweep
SERVER_OF=${STACK}_server
LOG=$(mktemp)

deploy() { # deploy FILE...
    docker stack deploy --detach --resolve-image never "${@/#/--compose-file=docker/}" "$STACK" >>"$LOG" 2>&1
}

scale_server() { # scale_server REPLICAS
    docker service scale --detach "$SERVER_OF=$1" >>"$LOG"
}

agents() { # agents COUNT PATTERN: at least COUNT tasks, replaced ones included, have a state that matches
    docker service ps --no-trunc --format '{{.CurrentState}} {{.Error}}' "$AGENTS_OF" |
        awk -v minimum="$1" -v pattern="$2" '$0 ~ pattern {count++} END {exit count < minimum}'
}

server_runs() { # Swarm reports Running once the health check has passed
    docker service ps --format '{{.CurrentState}}' "$SERVER_OF" | grep -q ^Running
}

client() { # client PROGRAM...: runs a W&B client in the server's container
    docker exec --interactive --workdir /tmp --env WANDB_BASE_URL=http://127.0.0.1:8080 --env WANDB_API_KEY="$KEY" \
        --env WANDB_DIR=/tmp "$(docker ps --quiet --filter "name=$SERVER_OF")" "$@"
}

fail() { # fail WHY
    echo "FAILED: $*" >&2
    cat "$LOG" >&2
    docker service ps --no-trunc "$SERVER_OF" "$AGENTS_OF" >&2 || true
    docker service logs "$AGENTS_OF" >&2 || true
    exit 1
}

await() { # await WHAT COMMAND...: repeats the command until it succeeds; fails after 3 minutes
    local deadline=$((SECONDS + 180))
    until "${@:2}"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "$1"
        sleep 0.5
    done
    echo "ok: $1"
}

end() {
    docker stack rm "$STACK" >>"$LOG" 2>&1 || true
    docker swarm leave --force >>"$LOG"
    for _ in $(seq 60); do # containers of a node that left the Swarm end a little later
        docker volume rm --force "${STACK}_runs" "${STACK}_cache" "${STACK}_server" >>"$LOG" 2>&1 && break
        sleep 0.5
    done
    docker network rm docker_gwbridge >>"$LOG" 2>&1 || true # the engine does not remove it
    rm -f "$LOG"
}

docker swarm init --advertise-addr 127.0.0.1 --listen-addr 127.0.0.1 >>"$LOG"
trap end EXIT
KEY=$(od -An -N 32 -t x1 /dev/urandom | tr -d ' \n')
printf %s "$KEY" | docker secret create wandb_api_key - >>"$LOG"

deploy stack.server.yaml
await "the server runs" server_runs
OUTPUT=$(client sh -c 'cat >sweep.yaml; wandb sweep sweep.yaml 2>&1' <docker/ci/swarm_sweep.yaml)
SWEEP_ID=$(sed -n 's/.*wandb agent //p' <<<"$OUTPUT")
[ -n "$SWEEP_ID" ] || fail "no sweep was registered: $OUTPUT"
export SWEEP_ID WANDB_BASE_URL=http://server:8080

deploy stack.yaml stack.gpu.yaml
await "an agent that needs a GPU waits for a node with one" agents 1 '^Pending .*insufficient resources'
scale_server 0
export AGENTS=2 AGENTS_HERE=2
deploy stack.yaml
await "agents on the CPU start, and fail without a server" agents 2 ^Failed
scale_server 1
await "agents are restarted until the server answers, and stay down at the end" agents 2 ^Complete
RUNS='import sys, wandb; print(*(run.summary["outcome"] for run in wandb.Api().sweep(sys.argv[1]).runs))'
STATES=$(client python -c "$RUNS" "$SWEEP_ID")
[ "$STATES" = "finished finished" ] || fail "the two runs are: $STATES"
AGENT_LOGS=$(docker service logs "$AGENTS_OF" 2>&1) || true # fails for the task that had no node
[[ $AGENT_LOGS == *"claim_gpu: no GPU here: on the CPU"* ]] || fail "the agents' logs do not say where they ran"
[[ $AGENT_LOGS != *"$KEY"* ]] || fail "the key is in the logs"
echo "ok: the two runs are finished, and no log contains the key"
