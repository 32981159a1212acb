# shellcheck shell=bash
# Kills, stops and scales agents and server of a farm while it works. Sourced by docker/ci.sh.

farm_that_is_disturbed() {
    export COMPOSE_PROJECT_NAME=sweepfarm-ci-crash COMPOSE_FILE=docker-compose.yml:docker/ci/crash.yml
    docker compose up --detach --scale grpo-sweep=2 >>"$LOGS/crash.log" 2>&1
    local first second server run since
    { read -r first; read -r second; } < <(docker compose ps --quiet grpo-sweep)
    server=$(docker compose ps --quiet server)

    await 200 "a run in the first agent" has_steps "$first" 4
    run=$(run_of "$first")
    kill_inside "$first"
    await 30 "the restart of a crashed agent" restarted "$first"
    await 200 "the crashed agent's run $run, resumed" resumed "$run"
    say "a killed agent was restarted and its run resumed"

    await 200 "a run in the second agent" has_steps "$second" 4
    run=$(run_of "$second")
    since=$SECONDS
    docker stop "$second" >/dev/null
    since=$((SECONDS - since))
    [ "$(docker inspect --format '{{.State.ExitCode}}' "$second")" != 137 ] || fail "docker stop ended in SIGKILL after $since s"
    in_farm "/runs/latest/$run/trainer/checkpoint-*/sweepfarm_state.json" || fail "run $run saved no state when it was stopped"
    await 200 "the stopped agent's run $run, resumed by another" resumed "$run"
    say "an agent was stopped in $since s; its run was saved, and resumed by the other agent"

    kill_inside "$server"
    await 60 "the restart of the server" restarted "$server"
    await 60 "the server's health" is_healthy "$server"
    say "the killed server was restarted"

    {
        read -r more
        read -r fewer
    } < <(from_readme 'more agents, or fewer, while it works')
    eval "$more" >>"$LOGS/crash.log" 2>&1
    agents_are 5 || fail "not five agents"
    await 200 "a run in one of the new agents" new_agent_has_steps "$first" "$second"
    eval "$fewer" >>"$LOGS/crash.log" 2>&1
    agents_are 1 || fail "not one agent"
    say "scaled from 2 to 5 to 1 agents during the sweep"

    await 600 "the report" has_ended report
    look_at_runs 6 finished killed # killed: by Hyperband, if a run did not end in time
    say "all runs ended, no row was lost"
    docker compose down --volumes >>"$LOGS/down.log" 2>&1
    unset COMPOSE_FILE
}

has_steps() { # has_steps AGENT COUNT: the current run of the agent has logged at least COUNT steps
    local steps
    steps=$(docker exec -i "$1" python - <docker/ci/current_run.py 2>/dev/null | cut -d ' ' -f 2)
    [ "${steps:-0}" -ge "$2" ]
}

# The sweep has runs left for some of the new agents, not for each.
new_agent_has_steps() { # new_agent_has_steps OLD OLD: another agent than these two has logged a step
    local agent
    for agent in $(docker compose ps --quiet --status running grpo-sweep); do
        [ "$agent" = "$1" ] || [ "$agent" = "$2" ] || ! has_steps "$agent" 1 || return 0
    done
    return 1
}

run_of() { # run_of AGENT: id of its current run
    docker exec -i "$1" python - <docker/ci/current_run.py | cut -d ' ' -f 1
}

resumed() { # resumed RUN: an agent trains it, or has finished it
    local agent
    for agent in $(docker compose ps --quiet --status running grpo-sweep); do
        [ "$(run_of "$agent" 2>/dev/null)" != "$1" ] || return 0
    done
    in_farm "/runs/latest/$1/outcome.json"
}

in_farm() { # in_farm FILES: the volumes contain them
    docker compose exec -T report sh -c "ls $1" >>"$LOGS/crash.log" 2>&1
}

# Kills the main process from inside: after `docker kill` the engine restarts nothing.
kill_inside() { # kill_inside CONTAINER
    # The container may end before this command; the caller checks whether it did.
    docker exec "$1" python -c 'import psutil; psutil.Process(1).children()[0].kill()' || true
}

restarted() { # restarted CONTAINER
    [ "$(docker inspect --format '{{.RestartCount}} {{.State.Running}}' "$1")" = "1 true" ]
}

is_healthy() { # is_healthy CONTAINER
    [ "$(docker inspect --format '{{.State.Health.Status}}' "$1")" = healthy ]
}
