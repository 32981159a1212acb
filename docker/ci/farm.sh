# shellcheck shell=bash
# A farm without any settings, from `up` to `down`. Sourced by docker/ci.sh.

farm_without_settings() {
    export COMPOSE_PROJECT_NAME=sweepfarm-ci
    eval "$(from_readme 'everything on this machine')" >"$LOGS/up.log" 2>&1 &
    local up=$!
    await 300 "three agents" agents_are 3
    everything_is_locked_down
    await 300 "the report" has_ended report
    await 60 "the agents' end" agents_are 0
    agents_ended_well 3
    look_at_runs 6 finished killed # killed: by Hyperband, if a run did not end in time
    (cd "$LOGS" && rm -rf results && eval "$(cd "$ROOT" && from_readme 'the results')") >>"$LOGS/up.log" 2>&1
    [ -s "$LOGS/results/chosen_config.yaml" ] || fail "no chosen_config.yaml came out of the volume"
    nothing_says "$(docker compose exec -T server cat /server/api_key)"
    say "farm without settings: 6 runs by 3 agents"
    eval "$(from_readme 'nothing is left')" >>"$LOGS/down.log" 2>&1
    wait "$up" || true # it ends with its containers
    local left
    left=$(for kind in "container ls --all" "volume ls" "network ls"; do
        # shellcheck disable=SC2086  # words of a command
        docker $kind --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME"
    done)
    [ -z "$left" ] || fail "left behind: $left"
    say "down leaves nothing"
}

agents_are() { # agents_are COUNT: exactly COUNT agents run
    [ "$(docker compose ps --quiet --status running grpo-sweep | wc -l)" = "$1" ]
}

has_ended() { # has_ended SERVICE: with exit code 0
    [ "$(docker compose ps --all --format '{{.State}} {{.ExitCode}}' "$1")" = "exited 0" ]
}

agents_ended_well() { # agents_ended_well COUNT: all had exit code 0, no restart and at least one run
    local agent count=0
    for agent in $(docker compose ps --all --quiet grpo-sweep); do
        [ "$(docker inspect --format '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}' "$agent")" = "exited 0 0" ] ||
            fail "agent $agent: $(docker inspect --format '{{json .State}}' "$agent")"
        docker logs "$agent" 2>&1 | grep "About to run command" >/dev/null || fail "agent $agent took no run"
        count=$((count + 1))
    done
    [ "$count" = "$1" ] || fail "$count agents, not $1"
}

# Checks that run directories, server and report agree; see look_at_runs.py.
look_at_runs() { # look_at_runs COUNT STATE...
    docker compose run --rm --no-deps -T --entrypoint python report - "$@" <docker/ci/look_at_runs.py ||
        fail "the runs are not as they should be"
}
