#!/usr/bin/env bash
# network.sh: ranks on two "nodes", network namespaces with a host name each, joined by a cable. Where
# the cable is pulled, the watchdog ends the ranks on both of them; where a part of the packets is lost,
# the result has the same bits. Needs root, and iptables for the loss.
# test: NP 4 TIMEOUT 420
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"

export FIRST=nnmpi-a$$ SECOND=nnmpi-b$$
pull_down() {
    ip netns del "$FIRST" 2>/dev/null || true # with its end of the cable
    ip netns del "$SECOND" 2>/dev/null || true
    clean_up
}
trap pull_down EXIT
command -v ip >/dev/null || skip 'there is no command ip (iproute2)'
# shellcheck disable=SC2015 # either that fails is reason enough
ip netns add "$FIRST" 2>/dev/null && ip netns add "$SECOND" 2>/dev/null ||
    skip 'network namespaces cannot be made here: that needs root and CAP_NET_ADMIN'
ip link add "a$$" type veth peer name "b$$" || skip 'virtual cables (veth) cannot be made here'
ip link set "a$$" netns "$FIRST"
ip link set "b$$" netns "$SECOND"
for end in "$FIRST a$$ 10.77.0.1" "$SECOND b$$ 10.77.0.2"; do
    read -r space cable address <<<"$end"
    ip netns exec "$space" ip link set lo up
    ip netns exec "$space" ip addr add "$address/24" dev "$cable"
    ip netns exec "$space" ip link set "$cable" up
done

# What mpirun takes for ssh: HOST COMMAND...
put agent <<'END'
#!/usr/bin/env bash
shift
exec ip netns exec "$SECOND" unshare --uts bash -c 'hostname n2; exec bash -c "$*"' bash "$@"
END
put rank <<'END'
#!/usr/bin/env bash
echo $$ >pid.$OMPI_COMM_WORLD_RANK
exec "$NNMPI" "$@"
END
chmod +x agent rank

# start RANKS-A-NODE ARGUMENT...: nnmpi on both nodes, in the background; sets job.
start() {
    local each=$1
    shift
    rm -f pid.*
    # shellcheck disable=SC2016 # expanded on the node
    ip netns exec "$FIRST" unshare --uts bash -c 'hostname n1; exec "$@"' bash \
        "$MPIRUN" -np $((2 * each)) -H "10.77.0.1:$each,10.77.0.2:$each" \
        --mca plm_rsh_agent "$work/agent" --mca btl tcp,self,vader \
        --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
        "$work/rank" "$@" >out 2>err </dev/null &
    job=$!
}

small_run run.yaml 'epochs: 1'
small_run long.yaml 'epochs: 1000000' 'checkpoint: {every_steps: 100, keep: 2}'

NNMPI=true start 1
wait "$job" || skip "mpirun does not start on two such nodes: $(tail -n 3 err)"
start 1 train run.yaml --output whole --hang-timeout 30
wait "$job" || fail 'the run on two nodes fails'

# The cable is pulled.
faults=$(how_many 1 10)
for ((fault = 0; fault < faults; fault++)); do
    start 2 train long.yaml --output "cut.$fault" --hang-timeout 2
    until_true 60 'the run does not get to a checkpoint' has_saved "cut.$fault" 200
    sleep 0.$((RANDOM % 10))
    ip netns exec "$FIRST" ip link set "a$$" down
    all_gone 30
    grep -qE 'the run hangs: .*waiting for rank 2 on n2 \(stopped or cut off: .*, rank 3 on n2 \(stopped' err ||
        fail 'the ranks that are cut off are not named'
    # Open MPI's own mpirun waits much longer for its daemon on the other node; nothing is left to wait for
    kill -s KILL "$job" 2>/dev/null || true
    wait "$job" 2>/dev/null || true
    for number in $(ip netns pids "$FIRST") $(ip netns pids "$SECOND"); do
        kill -s KILL "$number" 2>/dev/null || true # mpirun's daemons
    done
    ip netns exec "$FIRST" ip link set "a$$" up
    expect_exit 0 ranks 2 "$NNMPI" train long.yaml --output "cut.$fault" --resume --set epochs=1
done

# A part of the packets is lost, in both directions, but for those that open a connection, of which the system
# sends another after seconds only; all others after 20 ms and more.
loss='no loss of packets: iptables cannot do that here'
lossy=yes
for end in "$FIRST a$$" "$SECOND b$$"; do
    read -r space cable <<<"$end"
    ip netns exec "$space" iptables -A INPUT -i "$cable" -p tcp ! --tcp-flags SYN SYN -m statistic --mode random \
        --probability 0.3 -j DROP 2>/dev/null || lossy=no
    ip netns exec "$space" ip route change 10.77.0.0/24 dev "$cable" rto_min 20ms
done
if [ $lossy = yes ]; then
    start 1 train run.yaml --output lossy --hang-timeout 60
    until_true 260 'the run does not end where packets are lost' is_gone "$job"
    wait "$job" || fail 'the run fails where packets are lost'
    expect_same_bits whole/model.h5 lossy/model.h5
    lost=$(ip netns exec "$FIRST" iptables -nvxL INPUT | awk '/DROP/ { print $1 }')
    [ "$lost" -gt 0 ] || fail 'no packet was lost'
    echo "$lost packets were lost on the way to the first node"
    loss='with 30 % of the packets lost the same bits'
fi

report network "$faults" "cut off, the ranks on both nodes ended; $loss"
