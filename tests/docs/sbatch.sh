#!/usr/bin/env bash
# sbatch.sh: slurm/train.sbatch with stand-ins for Slurm's commands: where it writes, what it exports,
# that it goes on with checkpoints, and when it goes back into the queue. tests/slurm/ runs it, and the
# others of slurm/, on a real Slurm; here they are read, and told nothing.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# srun notes its environment and runs the rest on 2 ranks, or leaves with the code in the file code.
put bin/srun <<'END'
#!/usr/bin/env bash
echo "srun $* threads=$OMP_NUM_THREADS cpus=$SRUN_CPUS_PER_TASK" >>called
if [ -e code ]; then exit "$(cat code)"; fi
while [[ $1 == --* ]]; do shift; done
OMP_NUM_THREADS=1 timeout 60 "${MPIRUN:-mpirun}" -np 2 "$@"
END
put bin/squeue <<'END'
#!/usr/bin/env bash
cat state
END
put bin/scontrol <<'END'
#!/usr/bin/env bash
echo "scontrol $*" >>called
END
chmod +x bin/*
export PATH=$PWD/bin:$PATH SLURM_JOB_NAME=job SLURM_JOB_ID=7 SLURM_CPUS_PER_TASK=3
unset OUTPUT
echo RUNNING >state
script=$SOURCE_DIR/slurm/train.sbatch
small_run small.yaml

for each in "$SOURCE_DIR"/slurm/*.sbatch; do
    bash -n "$each"
    if command -v shellcheck >/dev/null; then shellcheck "$each"; fi
    expect_exit 64 bash "$each"
    expect_text usage: err
    grep -qF "($(basename "$each"))" "$SOURCE_DIR/slurm/README.md" || fail "slurm/README.md lacks $each"
done
expect_exit 64 bash "$script"
expect_exit 0 bash "$script" small.yaml --set epochs=1
expect_text 'srun --mpi=pmix' called
expect_text 'threads=3 cpus=3' called
expect_no_text resume called
expect_no_text scontrol called
[ -e runs/job-7/model.h5 ] || fail 'the model is not where it should be'

expect_exit 0 bash "$script" small.yaml --set epochs=2 # the same job again
expect_text '--output runs/job-7 --resume' called
[ "$(column runs/job-7/metrics.csv epoch | tail -n 1)" = 2 ] || fail 'it did not go on'
OUTPUT=sweep expect_exit 0 bash "$script" small.yaml --sweep seed=1,2
OUTPUT=sweep expect_exit 0 bash "$script" small.yaml --sweep seed=1,2,3
expect_text '--output sweep --resume' called
expect_text '2 of the runs have ended before' out
OUTPUT=elsewhere expect_exit 0 bash "$script" small.yaml --set epochs=1
[ -e elsewhere/model.h5 ] || fail 'OUTPUT is not heeded'
SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_JOB_ID=5 SLURM_SUBMIT_DIR=$SOURCE_DIR \
    expect_exit 0 bash "$SOURCE_DIR/slurm/sweep.sbatch" no.yaml small.yaml
[ -e runs/sweep-5/2-small/model.h5 ] || fail 'the sweep does not take the second run file'
SLURM_ARRAY_TASK_ID=3 expect_exit 64 bash "$SOURCE_DIR/slurm/sweep.sbatch" no.yaml small.yaml

echo 75 >code
expect_exit 75 bash "$script" small.yaml
expect_text 'scontrol requeue 7' called
for line in '75 CANCELLED' '75 COMPLETING' '76 RUNNING'; do
    rm called
    echo "${line% *}" >code
    echo "${line#* }" >state
    expect_exit "${line% *}" bash "$script" small.yaml
    expect_no_text scontrol called
done
