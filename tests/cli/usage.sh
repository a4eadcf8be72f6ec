#!/usr/bin/env bash
# usage.sh: what the command line gets wrong: exit code 64, one message, what would be right.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

expect_error_everywhere 64 'which command? See nnmpi --help'
expect_error_everywhere 64 "there is no command 'trian'; did you mean 'train'?" trian run.yaml
expect_error 64 "there is no command 'zzz'; see nnmpi --help" zzz
expect_error_everywhere 64 'nnmpi train has no option --reusme; did you mean --resume?' \
    train run.yaml --reusme
expect_error 64 'nnmpi eval has no option --splt; did you mean --split?' eval m.h5 --splt=test
expect_error 64 'nnmpi info has no option --zzz; see nnmpi info --help' info x.h5 --zzz
expect_error 64 'nnmpi train has no option -x' train run.yaml -x
expect_error 64 'nnmpi train has no option -x' train run.yaml -xyz
expect_error 64 'nnmpi train: --resume takes no value' train run.yaml --resume=yes
expect_error 64 'nnmpi train: --help takes no value' train --help=me

expect_error_everywhere 64 'nnmpi train needs RUN.yaml; see nnmpi train --help' train
expect_error 64 'nnmpi config needs RUN.yaml' config
expect_error 64 'nnmpi info needs FILE.h5' info
expect_error 64 'nnmpi eval needs MODEL.h5' eval --data x.h5
expect_error 64 'nnmpi predict needs MODEL.h5' predict
expect_error_everywhere 64 'nnmpi eval needs --data FILE.h5' eval m.h5
expect_error 64 'nnmpi predict needs --data FILE.h5' predict m.h5 --output x.h5
expect_error 64 'nnmpi predict needs --output OUT.h5' predict m.h5 --data x.h5
expect_error 64 'nnmpi train: --output needs a value' train run.yaml --output
expect_error 64 "nnmpi train takes one RUN.yaml; what is 'b.yaml'?" train a.yaml b.yaml
expect_error 64 '--resume goes on with the run, --overwrite replaces it' \
    train run.yaml --resume --overwrite
expect_error 64 "nnmpi doctor takes one RUN.yaml; what is 'b.yaml'?" doctor a.yaml b.yaml
expect_error_everywhere 64 'nnmpi doctor has no option --dta; did you mean --data?' doctor --dta x
expect_error 64 "--progress can be auto, always or never, not 'often'" \
    train run.yaml --progress often

# The commands that run alone say so under mpirun.
for command in export import info config plot; do
    expect_exit 64 ranks 2 "$NNMPI" $command file
    [ "$(grep -c "nnmpi $command runs alone, not under mpirun" err)" = 1 ] ||
        fail "$command under mpirun"
done

# A message is not lost where the rank that prints it comes last.
# shellcheck disable=SC2016 # expanded by the ranks
expect_exit 64 ranks 3 bash -c \
    '[ ${OMPI_COMM_WORLD_RANK:-$PMI_RANK} != 0 ] || sleep 0.5; exec "$NNMPI" train'
expect_text 'nnmpi train needs RUN.yaml' err

# A launcher that starts processes which do not see each other, as srun does without PMIx.
expect_exit 64 env SLURM_STEP_NUM_TASKS=3 SLURM_PROCID=0 "$NNMPI" train run.yaml
expect_text '3 processes were started, but each sees itself alone' err
expect_exit 64 env SLURM_STEP_NUM_TASKS=3 SLURM_PROCID=1 "$NNMPI" train run.yaml
[ ! -s err ] || fail 'a process that is not the first prints the message too'

# Ranks that were given different arguments end together, with the message of the one that fails.
expect_exit 64 timeout 60 "$MPIRUN" -np 1 "$NNMPI" train run.yaml : -np 1 "$NNMPI" trian
expect_text "rank 1 on" err
