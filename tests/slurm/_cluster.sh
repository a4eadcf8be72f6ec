# shellcheck shell=bash
# _cluster.sh: a real Slurm on this machine, for the time of one test: slurmctld and a slurmd for each
# of the nodes n1, n2..., which have a host name, a network address, processes, /tmp and /dev/shm of
# their own (namespaces of Linux) and see the same files. Everything runs in namespaces that end with
# the test, however it ends, so nothing stays behind and nothing on the machine is changed.
#
# A test begins with `enter_cluster`, sources tests/cli/lib.sh, and calls `start_cluster NODES`.

# enter_cluster SCRIPT [ARGUMENT]...: goes on with the script in namespaces of its own.
enter_cluster() {
    local word
    [ -z "${NNMPI_CLUSTER-}" ] || return 0
    [ "$(id -u)" = 0 ] || { echo 'skipped: only root can make the nodes'; exit 77; }
    for word in slurmctld slurmd sbatch munged mungekey setpriv unshare nsenter ip; do
        command -v $word >/dev/null ||
            { echo "skipped: there is no $word; ./bootstrap.sh test --slurm installs it"; exit 77; }
    done
    local inside=(unshare --mount --uts --ipc --net --pid --fork --mount-proc --kill-child=KILL)
    # shellcheck disable=SC2016 # expanded inside
    "${inside[@]}" bash -c 'mount -t tmpfs none /run &&
        ip netns add n1 && ip link add name a type veth peer name b netns n1 &&
        ip link add name bridge type bridge' 2>/dev/null ||
        { echo 'skipped: namespaces with networks cannot be made here'; exit 77; }
    case $NNMPI$SOURCE_DIR$PWD in
    */tmp/*) [[ $NNMPI != /tmp/* && $SOURCE_DIR != /tmp/* && $PWD != /tmp/* ]] ||
        { echo 'skipped: the nodes have a /tmp of their own, so the build cannot be in /tmp'; exit 77; } ;;
    esac
    export NNMPI_CLUSTER=1
    exec "${inside[@]}" bash "$@"
}

# leave_cluster: in place of clean_up: ends all that runs in the namespaces (the script is their process
# number 1), which TERM would not do.
leave_cluster() {
    disown -a # no word about each
    [ $$ != 1 ] || kill -KILL -1 2>/dev/null || true
    cd /
    rm -rf "${work:?}"
}

# start_munge: what Slurm's parts know each other by.
start_munge() {
    mkdir /run/munge
    mungekey --create --keyfile=/run/munge/key
    chown -R munge:munge /run/munge
    chmod 755 /run/munge
    setpriv --reuid=munge --regid=munge --clear-groups munged --foreground --num-threads=2 \
        --key-file=/run/munge/key --log-file=/run/munge/log --pid-file=/run/munge/pid \
        --seed-file=/run/munge/seed >munged.log 2>&1 &
}

# write_conf NODES: slurm.conf. Times are short, so that faults show soon; a requeued job may start
# again when its old credential has expired. Jobs of the partition urgent take nodes away from others,
# which get TERM and have GraceTime to leave. Each node claims more cores than there are.
write_conf() {
    local i
    {
        cat <<TEXT
ClusterName=test
SlurmctldHost=n0(10.99.0.100)
SlurmUser=root
AuthType=auth/munge
AuthInfo=cred_expire=5
CredType=cred/munge
StateSaveLocation=$PWD/state
SlurmdSpoolDir=$PWD/spool.%n
SlurmctldPidFile=$PWD/slurmctld.pid
SlurmdPidFile=$PWD/slurmd.%n.pid
SlurmctldLogFile=$PWD/slurmctld.log
SlurmdLogFile=$PWD/slurmd.%n.log
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=2,batch_sched_delay=0,sched_min_interval=0
SlurmdParameters=config_overrides
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=10
InactiveLimit=0
KillWait=20
MessageTimeout=10
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
TEXT
        for ((i = 1; i <= $1; i++)); do
            # jobs take the last nodes first
            echo "NodeName=n$i NodeHostname=n$i NodeAddr=10.99.0.$i CPUs=16 Weight=$((9 - i / 3))"
        done
        echo "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE GraceTime=20 PriorityTier=1"
        echo "PartitionName=urgent Nodes=ALL MaxTime=INFINITE PriorityTier=2"
    } >slurm.conf
}

# start_node K: slurmd on node nK, which is everything in its namespaces; its process is node[K]. What it
# has started goes on where it alone is killed.
start_node() {
    local name=n$1
    nsenter --net="/run/netns/$name" unshare --mount --uts --ipc --pid --fork --mount-proc --kill-child=KILL \
        bash -c "hostname $name; mount -t tmpfs none /tmp; mount -t tmpfs none /dev/shm
            slurmd -D -N $name & sleep infinity" >"$name.log" 2>&1 &
    node[$1]=$!
}

# kill_node K: as if it had lost its power.
kill_node() {
    disown "${node[$1]}"
    kill -KILL "${node[$1]}"
}

# kill_slurmd K: slurmd alone; what the node runs goes on, and Slurm hears of it no longer.
kill_slurmd() {
    pkill -KILL --parent "$(pgrep --parent "${node[$1]}")" --exact slurmd
}

declare -A node

# start_cluster NODES: returns when all of them are idle.
start_cluster() {
    local i
    hostname n0
    mount -t tmpfs none /run
    printf '127.0.0.1 localhost\n10.99.0.100 n0\n' >hosts
    for ((i = 1; i <= $1; i++)); do echo "10.99.0.$i n$i" >>hosts; done
    mount --bind hosts /etc/hosts
    ip link set lo up
    ip link add name bridge type bridge
    ip addr add 10.99.0.100/24 dev bridge
    ip link set bridge up
    for ((i = 1; i <= $1; i++)); do
        ip netns add n$i
        ip link add name v$i type veth peer name eth0 netns n$i
        ip link set v$i master bridge up
        ip netns exec n$i ip link set lo up
        ip netns exec n$i ip addr add 10.99.0.$i/24 dev eth0
        ip netns exec n$i ip link set eth0 up
    done
    mkdir -p state
    write_conf "$1"
    export SLURM_CONF=$PWD/slurm.conf
    start_munge
    slurmctld -D >slurmctld.out 2>&1 &
    for ((i = 1; i <= $1; i++)); do start_node $i; done
    for ((i = 0; i < 300; i++)); do
        [ "$(sinfo --noheader --Node --partition=all --states=idle --format=%N 2>/dev/null | wc -l)" = "$1" ] && return
        sleep 0.1
    done
    tail -n 5 slurmctld.out slurmctld.log n1.log munged.log slurmd.n1.log || true
    sinfo || true
    fail 'Slurm does not start'
}

# state_of JOB: its state in capitals; an old job that is gone has none.
state_of() {
    scontrol --oneliner show job "$1" 2>/dev/null | grep -oE 'JobState=[A-Z_]+' | head -n 1 | cut -d= -f2
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ $SECONDS -lt "$until" ] || give_up "$what did not happen in time"
        sleep 0.3
    done
}

# give_up MESSAGE: ends the test with what Slurm has to say.
give_up() {
    squeue || true
    tail -n 15 ./*-[0-9]*.log slurmctld.log || true
    fail "$@"
}

has_ended() {
    case $(state_of "$1") in
    COMPLETED | FAILED | CANCELLED | TIMEOUT | NODE_FAIL | BOOT_FAIL | OUT_OF_MEMORY) return 0 ;;
    esac
    return 1
}

is_running() {
    [ "$(state_of "$1")" = RUNNING ]
}

# exit_of JOB: its exit code.
exit_of() {
    scontrol --oneliner show job "$1" | grep -oE ' ExitCode=[0-9]+' | head -n 1 | cut -d= -f2
}

# restarts_of JOB: how often it was requeued.
restarts_of() {
    scontrol --oneliner show job "$1" | grep -oE 'Restarts=[0-9]+' | head -n 1 | cut -d= -f2
}

# expect_job CODE JOB SECONDS: the job ends within the seconds, with the exit code.
expect_job() {
    wait_for "$3" "the end of job $2" has_ended "$2"
    [ "$(exit_of "$2")" = "$1" ] ||
        give_up "job $2 is $(state_of "$2"), exit code $(exit_of "$2") instead of $1"
}
