# shellcheck shell=bash
# A farm that uses a server elsewhere. Sourced by docker/ci.sh.

# Instead of W&B, uses an embedded server outside the farm, which knows only its address and a given key.
farm_with_an_outer_server() {
    export COMPOSE_PROJECT_NAME=sweepfarm-ci-outer COMPOSE_FILE=docker-compose.yml:docker/ci/outer.yml
    export SWEEP_FILE=sweeps/kl_lr_grid.yaml
    local key planted=sweepfarm-ci-wandb
    key=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
    docker network create "${COMPOSE_PROJECT_NAME}_default" \
        --label com.docker.compose.network=default --label com.docker.compose.project=$COMPOSE_PROJECT_NAME >/dev/null
    docker run --detach --init --name $planted --hostname $planted --network "${COMPOSE_PROJECT_NAME}_default" \
        --env PLANTED="$key" --entrypoint sh "$SWEEPFARM_IMAGE" -c \
        'umask 077; echo "$PLANTED" >/server/api_key; exec sweepfarm server --host $HOSTNAME --port 8080 --data /server --stop-grace 60' >/dev/null
    await 60 "the outer server" docker exec $planted python -m server.probe /server
    export WANDB_API_KEY=$key WANDB_BASE_URL=http://$planted:8080
    export SWEEP_ID
    SWEEP_ID=$(docker compose run --rm --no-deps -T register 2>>"$LOGS/outer.log" | sed -n 's/^sweep: //p')
    [ -n "$SWEEP_ID" ] || fail "nothing was registered"
    eval "$(from_readme 'another server' | sed "s|entity/project/id|$SWEEP_ID|")" >>"$LOGS/outer.log" 2>&1
    [ "$(docker compose ps --all --services | sort | xargs)" = "grpo-sweep report" ] ||
        fail "other services than the agents and the report: $(docker compose ps --all --services | xargs)"
    agents_ended_well 3
    has_ended report || fail "no report"
    look_at_runs 6 finished killed # killed: by Hyperband, if a run did not end in time
    nothing_says "$key"
    say "farm with an outer server: 6 runs that execute code, no server in the farm, no trace of the given key"
    docker rm --force --volumes $planted >/dev/null
    docker compose down --volumes >>"$LOGS/down.log" 2>&1
    unset WANDB_API_KEY WANDB_BASE_URL SWEEP_ID SWEEP_FILE COMPOSE_FILE
}
