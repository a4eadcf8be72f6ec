! rods.f90: a simulation that trains a network while it runs, in Fortran.
!
! Each rank has rods of its own, whose heat spreads by explicit steps of u_t = a u_xx between ends at 0. From
! the profile of a rod at 12 points, and its a, a network learns the profile a long step later, from the rods
! of all ranks, round by round. In the end it is compared with the simulation, and saved.
!
!   mpirun -np 2 ./rods [MODEL.h5]
program rods
  use, intrinsic :: iso_fortran_env, only: real64, error_unit
  use mpi
  use nnmpi
  implicit none
  integer, parameter :: points = 12, features = points + 1, rounds = 4, epochs = 10, short_steps = 60
  character(*), parameter :: nl = new_line('a')
  character(*), parameter :: settings = &
    'seed: 1' // nl // &
    'model:' // nl // &
    '  - {layer: Dense, units: 48, activation: tanh}' // nl // &
    '  - {layer: Dense, units: 12}' // nl // &
    'loss: mean_squared_error' // nl // &
    'optimizer: {name: adam, learning_rate: 0.005}' // nl // &
    'metrics: [mae]' // nl // &
    'batch_size: 32' // nl
  type(nnmpi_context) :: context
  type(nnmpi_config) :: config
  type(nnmpi_dataset) :: train, test
  type(nnmpi_trainer) :: trainer
  type(nnmpi_progress) :: progress
  real(real64) :: values(2), error
  integer :: provided, ierror, rank, round, seeds, i
  character(256) :: path

  call MPI_Init_thread(MPI_THREAD_FUNNELED, provided, ierror)
  call MPI_Comm_rank(MPI_COMM_WORLD, rank, ierror)
  path = 'rods.h5'
  if (command_argument_count() > 0) call get_command_argument(1, path)
  call random_seed(size=seeds)
  call random_seed(put=[(1000 * rank + 7 * i, i = 1, seeds)])

  call check(nnmpi_context_create(MPI_COMM_WORLD, 1, context))
  call check(nnmpi_config_create(settings, config))
  call make(train, 'training')
  call make(test, 'test')
  call sample(test, 40)
  do round = 1, rounds
    call sample(train, 150 + 10 * rank) ! ranks may have different numbers of rows
    if (round == 1) call check(nnmpi_trainer_create(context, config, train, trainer, test))
    call check(nnmpi_trainer_fit(trainer, epochs))
    call nnmpi_trainer_progress(trainer, progress)
    call check(nnmpi_model_evaluate(nnmpi_trainer_model(trainer), test, values))
    if (rank == 0) print '(a, i0, a, i0, a, f9.6, a, f7.4)', 'round ', round, ': step ', progress%step, &
      ', test loss ', values(1), ', mae ', values(2)
  end do
  error = compare(nnmpi_trainer_model(trainer))
  call check(nnmpi_trainer_save(trainer, path))
  if (rank == 0) print '(2a, f7.4)', trim(path), ' saved; greatest error of a profile:', error

  call nnmpi_trainer_destroy(trainer)
  call nnmpi_dataset_destroy(train)
  call nnmpi_dataset_destroy(test)
  call nnmpi_config_destroy(config)
  call nnmpi_context_destroy(context)
  call MPI_Finalize(ierror)

contains

  ! Tells why and ends the job: what has failed on this rank alone would let the others wait for it.
  subroutine check(status)
    integer, intent(in) :: status
    if (status == nnmpi_ok) return
    write (error_unit, '(2a)') 'rods: ', nnmpi_message()
    call MPI_Abort(MPI_COMM_WORLD, status, ierror)
  end subroutine

  subroutine make(dataset, name)
    type(nnmpi_dataset), intent(out) :: dataset
    character(*), intent(in) :: name
    call check(nnmpi_dataset_create(name, nnmpi_float64, [features], nnmpi_float64, points, .false., dataset))
  end subroutine

  ! A rod with up to three waves in it, and its a behind the profile.
  subroutine start(rod)
    real(real64), intent(out) :: rod(features)
    real(real64), parameter :: pi = acos(-1.0_real64)
    real(real64) :: waves(3)
    integer :: point, wave
    call random_number(waves)
    call random_number(rod(features))
    do point = 1, points
      rod(point) = sum([((2 * waves(wave) - 1) / wave * sin(pi * wave * point / (points + 1.0_real64)), &
                         wave = 1, 3)])
    end do
  end subroutine

  ! A long step in many short ones.
  subroutine simulate(rod)
    real(real64), intent(inout) :: rod(features)
    real(real64) :: wide(0:points + 1)
    integer :: step
    do step = 1, short_steps
      wide = 0
      wide(1:points) = rod(1:points)
      rod(1:points) = wide(1:points) + 0.2_real64 * rod(features) * &
                      (wide(0:points - 1) - 2 * wide(1:points) + wide(2:points + 1))
    end do
  end subroutine

  subroutine sample(into, count)
    type(nnmpi_dataset), intent(in) :: into
    integer, intent(in) :: count
    real(real64) :: before(features, count), rod(features), after(points, count)
    integer :: i
    do i = 1, count
      call start(rod)
      before(:, i) = rod
      call simulate(rod)
      after(:, i) = rod(1:points)
    end do
    call check(nnmpi_dataset_append(into, count, before, after))
  end subroutine

  function compare(model) result(worst)
    type(nnmpi_model), intent(in) :: model
    real(real64) :: worst, rod(features), told(points), mine
    integer :: i
    mine = 0
    do i = 1, 20
      call start(rod)
      call check(nnmpi_model_predict(model, 1, rod, nnmpi_float64, told, nnmpi_float64))
      call simulate(rod)
      mine = max(mine, maxval(abs(told - rod(1:points))))
    end do
    call MPI_Allreduce(mine, worst, 1, MPI_DOUBLE_PRECISION, MPI_MAX, MPI_COMM_WORLD, ierror)
  end function
end program
