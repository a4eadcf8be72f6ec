! every.f90: calls every function of the module nnmpi and looks at what it returns. On any number of ranks.
program every
  use, intrinsic :: iso_c_binding
  use mpi
  use nnmpi
  implicit none
  character(*), parameter :: settings = &
    'model: [{layer: Flatten}, {layer: Dense, units: 4, activation: relu}, {layer: Dense, units: 1}]' // &
    new_line('a') // 'loss: mean_squared_error' // new_line('a') // 'metrics: [mae]'
  type(nnmpi_context) :: context
  type(nnmpi_config) :: config, from_file
  type(nnmpi_dataset) :: data, borrowed
  type(nnmpi_trainer) :: trainer
  type(nnmpi_model) :: model, loaded
  type(nnmpi_progress) :: progress
  real(c_float), target :: x(3, 2, 40), y(40), w(40)
  real(c_double) :: loss, values(2), again(2)
  real(c_float) :: kernel(4), one(1), told(40), reread(40)
  integer(c_int64_t), allocatable :: shape(:)
  integer(c_int), target :: calls
  integer :: provided, ierror, rank, axes, unit

  call MPI_Init_thread(MPI_THREAD_FUNNELED, provided, ierror)
  call MPI_Comm_rank(MPI_COMM_WORLD, rank, ierror)
  call random_number(x)
  y = x(1, 1, :) - x(3, 2, :)
  w = 1

  call expect(len(nnmpi_version()) >= 5, 'version')
  call expect(nnmpi_status_name(nnmpi_bad_data) == 'BAD_DATA', 'status_name')
  call expect(index(nnmpi_status_meaning(nnmpi_no_input), 'missing') > 0, 'status_meaning')
  call expect(len(nnmpi_blas_advice()) == 0 .or. index(nnmpi_blas_advice(), 'OPENBLAS_CORETYPE') > 0, 'blas_advice')
  call good(nnmpi_context_create(MPI_COMM_WORLD, 1, context))
  call expect(nnmpi_context_threads(context) == 1, 'context_threads')

  call expect(nnmpi_config_create('a: [', config) == nnmpi_bad_config, 'config_create')
  call expect(index(nnmpi_message(), 'configuration') > 0, 'message')
  call good(nnmpi_config_create(settings, config))
  call good(nnmpi_config_set(config, 'seed', '7'))
  if (rank == 0) then
    open (newunit=unit, file='every.yaml')
    write (unit, '(a)') settings
    close (unit)
  end if
  call MPI_Barrier(MPI_COMM_WORLD, ierror)
  call good(nnmpi_config_read('every.yaml  ', from_file)) ! blanks at the end do not count
  call nnmpi_config_destroy(from_file)

  ! Fortran's (3, 2) is (2, 3) elsewhere.
  call good(nnmpi_dataset_create('samples', nnmpi_float32, [3, 2], nnmpi_float32, 1, .true., data))
  call expect(nnmpi_dataset_append(data, 1, x) == nnmpi_usage, 'dataset_append without y')
  call nnmpi_dataset_clear(data)
  call good(nnmpi_dataset_append(data, 40, x, y, w))
  call expect(nnmpi_dataset_rows(data) == 40, 'dataset_rows')
  call good(nnmpi_dataset_create('others', nnmpi_float32, [3, 2], nnmpi_float32, 1, .false., borrowed))
  call good(nnmpi_dataset_borrow(borrowed, 40, x, y))
  call good(nnmpi_trainer_create(context, config, data, trainer, borrowed))
  call good(nnmpi_trainer_step(trainer, loss))
  call expect(loss > 0, 'trainer_step')
  calls = 0
  call good(nnmpi_trainer_fit(trainer, 5, count_epochs, c_loc(calls)))
  call expect(calls == 3, 'callback') ! it ends the training after three epochs
  call nnmpi_trainer_progress(trainer, progress)
  call expect(progress%epoch == 3 .and. progress%batch == 0 .and. progress%step == 3 * progress%batches, 'progress')
  call nnmpi_trainer_values(trainer, .false., values)
  call expect(values(1) == progress%loss, 'trainer_values')
  call nnmpi_trainer_values(trainer, .true., values)
  call expect(values(1) == progress%val_loss, 'trainer_values')
  call good(nnmpi_trainer_set_learning_rate(trainer, 0.25d0))
  call expect(abs(nnmpi_trainer_learning_rate(trainer) - 0.25d0) < 1d-12, 'learning_rate')
  call expect(index(nnmpi_trainer_config(trainer), 'seed: 7') > 0, 'trainer_config')

  model = nnmpi_trainer_model(trainer)
  shape = nnmpi_model_input_shape(model)
  call expect(size(shape) == 2 .and. all(shape == [3, 2]), 'model_input_shape')
  shape = nnmpi_model_output_shape(model)
  call expect(size(shape) == 1 .and. all(shape == [1]), 'model_output_shape')
  call expect(nnmpi_model_layers(model) == 3, 'model_layers')
  call expect(nnmpi_model_parameters(model) == 6 * 4 + 4 + 4 + 1, 'model_parameters')
  call expect(nnmpi_model_metrics(model) == 1, 'model_metrics')
  call expect(nnmpi_model_metric_name(model, 1) == 'mae', 'model_metric_name')
  call expect(nnmpi_model_metric_name(model, 2) == '', 'model_metric_name')
  call expect(nnmpi_model_variables(model) == 4, 'model_variables')
  call expect(nnmpi_model_variable_name(model, 3) == 'dense_1/kernel', 'model_variable_name')
  call nnmpi_model_variable_shape(model, 'dense_1/kernel', axes, shape)
  call expect(axes == 2 .and. all(shape == [1, 4]), 'model_variable_shape')
  call nnmpi_model_variable_shape(model, 'dense_9/kernel', axes, shape)
  call expect(axes == -1 .and. size(shape) == 0, 'model_variable_shape')
  call good(nnmpi_model_get(model, 'dense_1/kernel', 4, kernel))
  one = 0.5
  call good(nnmpi_model_set(model, 'dense_1/bias', 1, one))
  call good(nnmpi_model_predict(model, 40, x, nnmpi_float32, told, nnmpi_float32))
  call good(nnmpi_model_evaluate(model, borrowed, values))
  call expect(values(2) >= 0, 'model_evaluate')

  call good(nnmpi_trainer_save(trainer, 'every.h5'))
  call good(nnmpi_model_load(context, 'every.h5', loaded))
  call good(nnmpi_model_evaluate(loaded, borrowed, again))
  call expect(all(values == again), 'model_load')
  call good(nnmpi_model_predict(loaded, 40, x, nnmpi_float32, reread, nnmpi_float32))
  call expect(all(abs(told - reread) < 1e-6), 'model_predict')
  call nnmpi_model_destroy(loaded)
  one = 0
  call good(nnmpi_model_set(model, 'dense_1/bias', 1, one))
  call good(nnmpi_trainer_restore(trainer, 'every.h5'))
  call good(nnmpi_model_get(model, 'dense_1/bias', 1, one))
  call expect(one(1) == 0.5, 'trainer_restore')
  call nnmpi_dataset_clear(data)
  call expect(nnmpi_dataset_rows(data) == 0, 'dataset_clear')

  call nnmpi_trainer_destroy(trainer)
  call nnmpi_dataset_destroy(data)
  call nnmpi_dataset_destroy(borrowed)
  call nnmpi_config_destroy(config)
  call nnmpi_context_destroy(context)
  call expect(.not. c_associated(context%handle), 'context_destroy')
  if (rank == 0) print '(a)', 'all is well'
  call MPI_Finalize(ierror)

contains

  function count_epochs(progress, user) bind(C) result(stop)
    type(nnmpi_progress), intent(in) :: progress
    type(c_ptr), value :: user
    integer(c_int) :: stop
    integer(c_int), pointer :: count
    call c_f_pointer(user, count)
    if (progress%epoch_ended /= 0) count = count + 1
    stop = merge(1, 0, count == 3)
  end function

  subroutine good(status)
    integer(c_int), intent(in) :: status
    call expect(status == nnmpi_ok, nnmpi_status_name(status) // ': ' // nnmpi_message())
  end subroutine

  subroutine expect(true, what)
    logical, intent(in) :: true
    character(*), intent(in) :: what
    if (true) return
    print '(2a)', 'not as expected: ', what
    call MPI_Abort(MPI_COMM_WORLD, 1, ierror)
  end subroutine
end program
