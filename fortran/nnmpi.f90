! nnmpi.f90: nnmpi.h in Fortran (iso_c_binding): every function under its own name. Compile it with the
! program, by the program's compiler: a compiler reads no other's .mod files. docs/LIBRARY.md has an example.
!
! What nnmpi.h says of each function holds here too. Statuses are integers, nnmpi_ok or a failure; handles
! are of types of their own; strings are Fortran's. Arrays are contiguous, the row last: x(features, rows).
! Shapes are as Fortran has them, and a sample a(width, height) is Python's (height, width). An argument of
! type(*) is an array of any type: the one that the dataset was made for, or that the call names.
module nnmpi
  use, intrinsic :: iso_c_binding
  implicit none
  private

  type, public :: nnmpi_context
    type(c_ptr) :: handle = c_null_ptr
  end type
  type, public :: nnmpi_config
    type(c_ptr) :: handle = c_null_ptr
  end type
  type, public :: nnmpi_dataset
    type(c_ptr) :: handle = c_null_ptr
  end type
  type, public :: nnmpi_trainer
    type(c_ptr) :: handle = c_null_ptr
  end type
  type, public :: nnmpi_model
    type(c_ptr) :: handle = c_null_ptr
  end type

  ! How far a training has come.
  type, bind(C), public :: nnmpi_progress
    integer(c_int64_t) :: epoch, batch, batches, step, samples
    real(c_double) :: loss, val_loss, learning_rate, seconds
    integer(c_int) :: epoch_ended, stopped
  end type

  ! Statuses.
  integer(c_int), parameter, public :: nnmpi_ok = 0, nnmpi_usage = 64, nnmpi_bad_data = 65, &
    nnmpi_no_input = 66, nnmpi_internal = 70, nnmpi_cant_create = 73, nnmpi_io = 74, &
    nnmpi_interrupted = 75, nnmpi_diverged = 76, nnmpi_bad_config = 78

  ! Number types: real32, real64, bytes without a sign, int32, int64.
  integer(c_int), parameter, public :: nnmpi_float32 = 0, nnmpi_float64 = 1, nnmpi_uint8 = 2, &
    nnmpi_int32 = 3, nnmpi_int64 = 4
  integer, parameter, public :: nnmpi_max_rank = 8

  type, bind(C) :: c_rows
    integer(c_int) :: x_type, x_rank
    integer(c_int64_t) :: x_shape(nnmpi_max_rank)
    integer(c_int) :: y_type
    integer(c_int64_t) :: y_columns
    integer(c_int) :: weighted
  end type

  abstract interface
    ! Is told of each step and each epoch; anything but 0 ends the training.
    function nnmpi_callback(progress, user) bind(C) result(stop)
      import :: nnmpi_progress, c_ptr, c_int
      type(nnmpi_progress), intent(in) :: progress
      type(c_ptr), value :: user
      integer(c_int) :: stop
    end function
  end interface

  public :: nnmpi_callback
  public :: nnmpi_version, nnmpi_status_name, nnmpi_status_meaning, nnmpi_message, nnmpi_blas_advice
  public :: nnmpi_context_create, nnmpi_context_destroy, nnmpi_context_threads
  public :: nnmpi_config_create, nnmpi_config_read, nnmpi_config_set, nnmpi_config_destroy
  public :: nnmpi_dataset_create, nnmpi_dataset_append, nnmpi_dataset_borrow, nnmpi_dataset_clear
  public :: nnmpi_dataset_rows, nnmpi_dataset_destroy
  public :: nnmpi_trainer_create, nnmpi_trainer_destroy, nnmpi_trainer_step, nnmpi_trainer_fit
  public :: nnmpi_trainer_progress, nnmpi_trainer_values, nnmpi_trainer_learning_rate
  public :: nnmpi_trainer_set_learning_rate, nnmpi_trainer_config, nnmpi_trainer_model
  public :: nnmpi_trainer_save, nnmpi_trainer_restore
  public :: nnmpi_model_load, nnmpi_model_destroy, nnmpi_model_input_shape, nnmpi_model_output_shape
  public :: nnmpi_model_layers, nnmpi_model_parameters, nnmpi_model_predict, nnmpi_model_evaluate
  public :: nnmpi_model_metrics, nnmpi_model_metric_name, nnmpi_model_variables
  public :: nnmpi_model_variable_name, nnmpi_model_variable_shape, nnmpi_model_get, nnmpi_model_set

  interface
    function c_version() bind(C, name="nnmpi_version") result(r)
      import
      type(c_ptr) :: r
    end function
    function c_status_name(status) bind(C, name="nnmpi_status_name") result(r)
      import
      integer(c_int), value :: status
      type(c_ptr) :: r
    end function
    function c_status_meaning(status) bind(C, name="nnmpi_status_meaning") result(r)
      import
      integer(c_int), value :: status
      type(c_ptr) :: r
    end function
    function c_message() bind(C, name="nnmpi_message") result(r)
      import
      type(c_ptr) :: r
    end function
    function c_blas_advice() bind(C, name="nnmpi_blas_advice") result(r)
      import
      type(c_ptr) :: r
    end function
    function c_context_create_f(comm, threads, made) bind(C, name="nnmpi_context_create_f") result(r)
      import
      integer(c_int), value :: comm
      integer(c_int), value :: threads
      type(c_ptr), intent(inout) :: made
      integer(c_int) :: r
    end function
    subroutine c_context_destroy(context) bind(C, name="nnmpi_context_destroy")
      import
      type(c_ptr), intent(inout) :: context
    end subroutine
    function c_context_threads(context) bind(C, name="nnmpi_context_threads") result(r)
      import
      type(c_ptr), value :: context
      integer(c_int) :: r
    end function
    function c_config_create(yaml, made) bind(C, name="nnmpi_config_create") result(r)
      import
      character(kind=c_char), intent(in) :: yaml(*)
      type(c_ptr), intent(inout) :: made
      integer(c_int) :: r
    end function
    function c_config_read(path, made) bind(C, name="nnmpi_config_read") result(r)
      import
      character(kind=c_char), intent(in) :: path(*)
      type(c_ptr), intent(inout) :: made
      integer(c_int) :: r
    end function
    function c_config_set(config, key, value) bind(C, name="nnmpi_config_set") result(r)
      import
      type(c_ptr), value :: config
      character(kind=c_char), intent(in) :: key(*)
      character(kind=c_char), intent(in) :: value(*)
      integer(c_int) :: r
    end function
    subroutine c_config_destroy(config) bind(C, name="nnmpi_config_destroy")
      import
      type(c_ptr), intent(inout) :: config
    end subroutine
    function c_dataset_create(name, rows, made) bind(C, name="nnmpi_dataset_create") result(r)
      import
      character(kind=c_char), intent(in) :: name(*)
      type(c_rows), intent(in) :: rows
      type(c_ptr), intent(inout) :: made
      integer(c_int) :: r
    end function
    function c_dataset_append(dataset, rows, x, y, w) bind(C, name="nnmpi_dataset_append") result(r)
      import
      type(c_ptr), value :: dataset
      integer(c_int64_t), value :: rows
      type(*), intent(in) :: x(*)
      type(*), intent(in), optional :: y(*)
      type(*), intent(in), optional :: w(*)
      integer(c_int) :: r
    end function
    function c_dataset_borrow(dataset, rows, x, y, w) bind(C, name="nnmpi_dataset_borrow") result(r)
      import
      type(c_ptr), value :: dataset
      integer(c_int64_t), value :: rows
      type(*), intent(in) :: x(*)
      type(*), intent(in), optional :: y(*)
      type(*), intent(in), optional :: w(*)
      integer(c_int) :: r
    end function
    subroutine c_dataset_clear(dataset) bind(C, name="nnmpi_dataset_clear")
      import
      type(c_ptr), value :: dataset
    end subroutine
    function c_dataset_rows(dataset) bind(C, name="nnmpi_dataset_rows") result(r)
      import
      type(c_ptr), value :: dataset
      integer(c_int64_t) :: r
    end function
    subroutine c_dataset_destroy(dataset) bind(C, name="nnmpi_dataset_destroy")
      import
      type(c_ptr), intent(inout) :: dataset
    end subroutine
    function c_trainer_create(context, config, train, validation, made) bind(C, name="nnmpi_trainer_create") result(r)
      import
      type(c_ptr), value :: context
      type(c_ptr), value :: config
      type(c_ptr), value :: train
      type(c_ptr), value :: validation
      type(c_ptr), intent(inout) :: made
      integer(c_int) :: r
    end function
    subroutine c_trainer_destroy(trainer) bind(C, name="nnmpi_trainer_destroy")
      import
      type(c_ptr), intent(inout) :: trainer
    end subroutine
    function c_trainer_step(trainer, loss) bind(C, name="nnmpi_trainer_step") result(r)
      import
      type(c_ptr), value :: trainer
      real(c_double), intent(out) :: loss
      integer(c_int) :: r
    end function
    function c_trainer_fit(trainer, epochs, callback, user) bind(C, name="nnmpi_trainer_fit") result(r)
      import
      type(c_ptr), value :: trainer
      integer(c_int64_t), value :: epochs
      type(c_funptr), value :: callback
      type(c_ptr), value :: user
      integer(c_int) :: r
    end function
    subroutine c_trainer_progress(trainer, progress) bind(C, name="nnmpi_trainer_progress")
      import
      type(c_ptr), value :: trainer
      type(nnmpi_progress), intent(out) :: progress
    end subroutine
    subroutine c_trainer_values(trainer, validation, values) bind(C, name="nnmpi_trainer_values")
      import
      type(c_ptr), value :: trainer
      integer(c_int), value :: validation
      real(c_double), intent(out) :: values(*)
    end subroutine
    function c_trainer_learning_rate(trainer) bind(C, name="nnmpi_trainer_learning_rate") result(r)
      import
      type(c_ptr), value :: trainer
      real(c_double) :: r
    end function
    function c_trainer_set_learning_rate(trainer, rate) bind(C, name="nnmpi_trainer_set_learning_rate") result(r)
      import
      type(c_ptr), value :: trainer
      real(c_double), value :: rate
      integer(c_int) :: r
    end function
    function c_trainer_config(trainer) bind(C, name="nnmpi_trainer_config") result(r)
      import
      type(c_ptr), value :: trainer
      type(c_ptr) :: r
    end function
    function c_trainer_model(trainer) bind(C, name="nnmpi_trainer_model") result(r)
      import
      type(c_ptr), value :: trainer
      type(c_ptr) :: r
    end function
    function c_trainer_save(trainer, path) bind(C, name="nnmpi_trainer_save") result(r)
      import
      type(c_ptr), value :: trainer
      character(kind=c_char), intent(in) :: path(*)
      integer(c_int) :: r
    end function
    function c_trainer_restore(trainer, path) bind(C, name="nnmpi_trainer_restore") result(r)
      import
      type(c_ptr), value :: trainer
      character(kind=c_char), intent(in) :: path(*)
      integer(c_int) :: r
    end function
    function c_model_load(context, path, made) bind(C, name="nnmpi_model_load") result(r)
      import
      type(c_ptr), value :: context
      character(kind=c_char), intent(in) :: path(*)
      type(c_ptr), intent(inout) :: made
      integer(c_int) :: r
    end function
    subroutine c_model_destroy(model) bind(C, name="nnmpi_model_destroy")
      import
      type(c_ptr), intent(inout) :: model
    end subroutine
    function c_model_input_shape(model, shape) bind(C, name="nnmpi_model_input_shape") result(r)
      import
      type(c_ptr), value :: model
      integer(c_int64_t), intent(out) :: shape(*)
      integer(c_int) :: r
    end function
    function c_model_output_shape(model, shape) bind(C, name="nnmpi_model_output_shape") result(r)
      import
      type(c_ptr), value :: model
      integer(c_int64_t), intent(out) :: shape(*)
      integer(c_int) :: r
    end function
    function c_model_layers(model) bind(C, name="nnmpi_model_layers") result(r)
      import
      type(c_ptr), value :: model
      integer(c_int64_t) :: r
    end function
    function c_model_parameters(model) bind(C, name="nnmpi_model_parameters") result(r)
      import
      type(c_ptr), value :: model
      integer(c_int64_t) :: r
    end function
    function c_model_predict(model, rows, x, x_type, y, y_type) bind(C, name="nnmpi_model_predict") result(r)
      import
      type(c_ptr), value :: model
      integer(c_int64_t), value :: rows
      type(*), intent(in) :: x(*)
      integer(c_int), value :: x_type
      type(*), intent(inout) :: y(*)
      integer(c_int), value :: y_type
      integer(c_int) :: r
    end function
    function c_model_evaluate(model, dataset, values) bind(C, name="nnmpi_model_evaluate") result(r)
      import
      type(c_ptr), value :: model
      type(c_ptr), value :: dataset
      real(c_double), intent(out) :: values(*)
      integer(c_int) :: r
    end function
    function c_model_metrics(model) bind(C, name="nnmpi_model_metrics") result(r)
      import
      type(c_ptr), value :: model
      integer(c_int64_t) :: r
    end function
    function c_model_metric_name(model, metric) bind(C, name="nnmpi_model_metric_name") result(r)
      import
      type(c_ptr), value :: model
      integer(c_int64_t), value :: metric
      type(c_ptr) :: r
    end function
    function c_model_variables(model) bind(C, name="nnmpi_model_variables") result(r)
      import
      type(c_ptr), value :: model
      integer(c_int64_t) :: r
    end function
    function c_model_variable_name(model, variable) bind(C, name="nnmpi_model_variable_name") result(r)
      import
      type(c_ptr), value :: model
      integer(c_int64_t), value :: variable
      type(c_ptr) :: r
    end function
    function c_model_variable_shape(model, name, shape) bind(C, name="nnmpi_model_variable_shape") result(r)
      import
      type(c_ptr), value :: model
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int64_t), intent(out) :: shape(*)
      integer(c_int) :: r
    end function
    function c_model_get(model, name, count, values) bind(C, name="nnmpi_model_get") result(r)
      import
      type(c_ptr), value :: model
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int64_t), value :: count
      real(c_float), intent(out) :: values(*)
      integer(c_int) :: r
    end function
    function c_model_set(model, name, count, values) bind(C, name="nnmpi_model_set") result(r)
      import
      type(c_ptr), value :: model
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int64_t), value :: count
      real(c_float), intent(in) :: values(*)
      integer(c_int) :: r
    end function
    function c_strlen(text) bind(C, name="strlen") result(r)
      import
      type(c_ptr), value :: text
      integer(c_size_t) :: r
    end function
  end interface

contains

  ! ---- strings and shapes ----

  ! C's text; empty where there is none.
  function fortran(text) result(out)
    type(c_ptr), intent(in) :: text
    character(:), allocatable :: out
    character(kind=c_char), pointer :: bytes(:)
    integer :: i, length
    length = 0
    if (c_associated(text)) length = int(c_strlen(text))
    allocate (character(length) :: out)
    if (length == 0) return
    call c_f_pointer(text, bytes, [length])
    do i = 1, length
      out(i:i) = bytes(i)
    end do
  end function

  ! Blanks at its end do not count.
  function c_of(text) result(out)
    character(*), intent(in) :: text
    character(kind=c_char), allocatable :: out(:)
    integer :: i
    allocate (out(len_trim(text) + 1))
    do i = 1, len_trim(text)
      out(i) = text(i:i)
    end do
    out(size(out)) = c_null_char
  end function

  ! The first axis of C's is Fortran's last.
  function reversed(shape, axes) result(out)
    integer(c_int64_t), intent(in) :: shape(:)
    integer, intent(in) :: axes
    integer(c_int64_t), allocatable :: out(:)
    out = shape(max(axes, 0):1:-1)
  end function

  ! ---- what is said of failures, and of the library ----

  function nnmpi_version() result(text)
    character(:), allocatable :: text
    text = fortran(c_version())
  end function

  function nnmpi_status_name(status) result(text)
    integer(c_int), intent(in) :: status
    character(:), allocatable :: text
    text = fortran(c_status_name(status))
  end function

  function nnmpi_status_meaning(status) result(text)
    integer(c_int), intent(in) :: status
    character(:), allocatable :: text
    text = fortran(c_status_meaning(status))
  end function

  function nnmpi_message() result(text)
    character(:), allocatable :: text
    text = fortran(c_message())
  end function

  ! Empty where all is well.
  function nnmpi_blas_advice() result(text)
    character(:), allocatable :: text
    text = fortran(c_blas_advice())
  end function

  ! ---- context ----

  ! comm: the handle of `use mpi`, or comm%MPI_VAL of `use mpi_f08`.
  function nnmpi_context_create(comm, threads, context) result(status)
    integer, intent(in) :: comm, threads
    type(nnmpi_context), intent(out) :: context
    integer(c_int) :: status
    status = c_context_create_f(int(comm, c_int), int(threads, c_int), context%handle)
  end function

  subroutine nnmpi_context_destroy(context)
    type(nnmpi_context), intent(inout) :: context
    call c_context_destroy(context%handle)
  end subroutine

  function nnmpi_context_threads(context) result(threads)
    type(nnmpi_context), intent(in) :: context
    integer :: threads
    threads = c_context_threads(context%handle)
  end function

  ! ---- configuration ----

  function nnmpi_config_create(yaml, config) result(status)
    character(*), intent(in) :: yaml
    type(nnmpi_config), intent(out) :: config
    integer(c_int) :: status
    status = c_config_create(c_of(yaml), config%handle)
  end function

  function nnmpi_config_read(path, config) result(status)
    character(*), intent(in) :: path
    type(nnmpi_config), intent(out) :: config
    integer(c_int) :: status
    status = c_config_read(c_of(path), config%handle)
  end function

  function nnmpi_config_set(config, key, value) result(status)
    type(nnmpi_config), intent(in) :: config
    character(*), intent(in) :: key, value
    integer(c_int) :: status
    status = c_config_set(config%handle, c_of(key), c_of(value))
  end function

  subroutine nnmpi_config_destroy(config)
    type(nnmpi_config), intent(inout) :: config
    call c_config_destroy(config%handle)
  end subroutine

  ! ---- datasets ----

  ! x_shape: of a sample, such as [features]. y_columns 0: no targets.
  function nnmpi_dataset_create(name, x_type, x_shape, y_type, y_columns, weighted, dataset) result(status)
    character(*), intent(in) :: name
    integer(c_int), intent(in) :: x_type, y_type
    integer, intent(in) :: x_shape(:), y_columns
    logical, intent(in) :: weighted
    type(nnmpi_dataset), intent(out) :: dataset
    integer(c_int) :: status
    type(c_rows) :: rows
    integer :: axes
    axes = min(size(x_shape), nnmpi_max_rank)
    rows%x_type = x_type
    rows%x_rank = size(x_shape)
    rows%x_shape = 0
    rows%x_shape(1:axes) = reversed(int(x_shape, c_int64_t), axes)
    rows%y_type = y_type
    rows%y_columns = y_columns
    rows%weighted = merge(1, 0, weighted)
    status = c_dataset_create(c_of(name), rows, dataset%handle)
  end function

  function nnmpi_dataset_append(dataset, rows, x, y, w) result(status)
    type(nnmpi_dataset), intent(in) :: dataset
    integer, intent(in) :: rows
    type(*), intent(in) :: x(*)
    type(*), intent(in), optional :: y(*), w(*)
    integer(c_int) :: status
    status = c_dataset_append(dataset%handle, int(rows, c_int64_t), x, y, w)
  end function

  ! The arrays must be contiguous, have the attribute target, and stay where and as they are.
  function nnmpi_dataset_borrow(dataset, rows, x, y, w) result(status)
    type(nnmpi_dataset), intent(in) :: dataset
    integer, intent(in) :: rows
    type(*), intent(in), target :: x(*)
    type(*), intent(in), target, optional :: y(*), w(*)
    integer(c_int) :: status
    status = c_dataset_borrow(dataset%handle, int(rows, c_int64_t), x, y, w)
  end function

  subroutine nnmpi_dataset_clear(dataset)
    type(nnmpi_dataset), intent(in) :: dataset
    call c_dataset_clear(dataset%handle)
  end subroutine

  function nnmpi_dataset_rows(dataset) result(rows)
    type(nnmpi_dataset), intent(in) :: dataset
    integer(c_int64_t) :: rows
    rows = c_dataset_rows(dataset%handle)
  end function

  subroutine nnmpi_dataset_destroy(dataset)
    type(nnmpi_dataset), intent(inout) :: dataset
    call c_dataset_destroy(dataset%handle)
  end subroutine

  ! ---- training ----

  function nnmpi_trainer_create(context, config, train, trainer, validation) result(status)
    type(nnmpi_context), intent(in) :: context
    type(nnmpi_config), intent(in) :: config
    type(nnmpi_dataset), intent(in) :: train
    type(nnmpi_trainer), intent(out) :: trainer
    type(nnmpi_dataset), intent(in), optional :: validation
    integer(c_int) :: status
    type(c_ptr) :: others
    others = c_null_ptr
    if (present(validation)) others = validation%handle
    status = c_trainer_create(context%handle, config%handle, train%handle, others, trainer%handle)
  end function

  subroutine nnmpi_trainer_destroy(trainer)
    type(nnmpi_trainer), intent(inout) :: trainer
    call c_trainer_destroy(trainer%handle)
  end subroutine

  function nnmpi_trainer_step(trainer, loss) result(status)
    type(nnmpi_trainer), intent(in) :: trainer
    real(c_double), intent(out) :: loss
    integer(c_int) :: status
    status = c_trainer_step(trainer%handle, loss)
  end function

  function nnmpi_trainer_fit(trainer, epochs, callback, user) result(status)
    type(nnmpi_trainer), intent(in) :: trainer
    integer, intent(in) :: epochs
    procedure(nnmpi_callback), optional :: callback
    type(c_ptr), intent(in), optional :: user
    integer(c_int) :: status
    type(c_funptr) :: called
    type(c_ptr) :: given
    called = c_null_funptr
    given = c_null_ptr
    if (present(callback)) called = c_funloc(callback)
    if (present(user)) given = user
    status = c_trainer_fit(trainer%handle, int(epochs, c_int64_t), called, given)
  end function

  subroutine nnmpi_trainer_progress(trainer, progress)
    type(nnmpi_trainer), intent(in) :: trainer
    type(nnmpi_progress), intent(out) :: progress
    call c_trainer_progress(trainer%handle, progress)
  end subroutine

  subroutine nnmpi_trainer_values(trainer, validation, values)
    type(nnmpi_trainer), intent(in) :: trainer
    logical, intent(in) :: validation
    real(c_double), intent(out) :: values(*)
    call c_trainer_values(trainer%handle, merge(1_c_int, 0_c_int, validation), values)
  end subroutine

  function nnmpi_trainer_learning_rate(trainer) result(rate)
    type(nnmpi_trainer), intent(in) :: trainer
    real(c_double) :: rate
    rate = c_trainer_learning_rate(trainer%handle)
  end function

  function nnmpi_trainer_set_learning_rate(trainer, rate) result(status)
    type(nnmpi_trainer), intent(in) :: trainer
    real(c_double), intent(in) :: rate
    integer(c_int) :: status
    status = c_trainer_set_learning_rate(trainer%handle, rate)
  end function

  function nnmpi_trainer_config(trainer) result(text)
    type(nnmpi_trainer), intent(in) :: trainer
    character(:), allocatable :: text
    text = fortran(c_trainer_config(trainer%handle))
  end function

  ! The trainer's own: not to be destroyed.
  function nnmpi_trainer_model(trainer) result(model)
    type(nnmpi_trainer), intent(in) :: trainer
    type(nnmpi_model) :: model
    model%handle = c_trainer_model(trainer%handle)
  end function

  function nnmpi_trainer_save(trainer, path) result(status)
    type(nnmpi_trainer), intent(in) :: trainer
    character(*), intent(in) :: path
    integer(c_int) :: status
    status = c_trainer_save(trainer%handle, c_of(path))
  end function

  function nnmpi_trainer_restore(trainer, path) result(status)
    type(nnmpi_trainer), intent(in) :: trainer
    character(*), intent(in) :: path
    integer(c_int) :: status
    status = c_trainer_restore(trainer%handle, c_of(path))
  end function

  ! ---- models ----

  function nnmpi_model_load(context, path, model) result(status)
    type(nnmpi_context), intent(in) :: context
    character(*), intent(in) :: path
    type(nnmpi_model), intent(out) :: model
    integer(c_int) :: status
    status = c_model_load(context%handle, c_of(path), model%handle)
  end function

  subroutine nnmpi_model_destroy(model)
    type(nnmpi_model), intent(inout) :: model
    call c_model_destroy(model%handle)
  end subroutine

  function nnmpi_model_input_shape(model) result(shape)
    type(nnmpi_model), intent(in) :: model
    integer(c_int64_t), allocatable :: shape(:)
    integer(c_int64_t) :: room(nnmpi_max_rank)
    integer :: axes
    axes = c_model_input_shape(model%handle, room)
    shape = reversed(room, axes)
  end function

  function nnmpi_model_output_shape(model) result(shape)
    type(nnmpi_model), intent(in) :: model
    integer(c_int64_t), allocatable :: shape(:)
    integer(c_int64_t) :: room(nnmpi_max_rank)
    integer :: axes
    axes = c_model_output_shape(model%handle, room)
    shape = reversed(room, axes)
  end function

  function nnmpi_model_layers(model) result(count)
    type(nnmpi_model), intent(in) :: model
    integer(c_int64_t) :: count
    count = c_model_layers(model%handle)
  end function

  function nnmpi_model_parameters(model) result(count)
    type(nnmpi_model), intent(in) :: model
    integer(c_int64_t) :: count
    count = c_model_parameters(model%handle)
  end function

  function nnmpi_model_predict(model, rows, x, x_type, y, y_type) result(status)
    type(nnmpi_model), intent(in) :: model
    integer, intent(in) :: rows
    type(*), intent(in) :: x(*)
    type(*), intent(inout) :: y(*)
    integer(c_int), intent(in) :: x_type, y_type
    integer(c_int) :: status
    status = c_model_predict(model%handle, int(rows, c_int64_t), x, x_type, y, y_type)
  end function

  function nnmpi_model_evaluate(model, dataset, values) result(status)
    type(nnmpi_model), intent(in) :: model
    type(nnmpi_dataset), intent(in) :: dataset
    real(c_double), intent(out) :: values(*)
    integer(c_int) :: status
    status = c_model_evaluate(model%handle, dataset%handle, values)
  end function

  function nnmpi_model_metrics(model) result(count)
    type(nnmpi_model), intent(in) :: model
    integer(c_int64_t) :: count
    count = c_model_metrics(model%handle)
  end function

  ! metric and variable are counted from 1; empty for a number that is none.
  function nnmpi_model_metric_name(model, metric) result(text)
    type(nnmpi_model), intent(in) :: model
    integer, intent(in) :: metric
    character(:), allocatable :: text
    text = fortran(c_model_metric_name(model%handle, int(metric - 1, c_int64_t)))
  end function

  function nnmpi_model_variables(model) result(count)
    type(nnmpi_model), intent(in) :: model
    integer(c_int64_t) :: count
    count = c_model_variables(model%handle)
  end function

  function nnmpi_model_variable_name(model, variable) result(text)
    type(nnmpi_model), intent(in) :: model
    integer, intent(in) :: variable
    character(:), allocatable :: text
    text = fortran(c_model_variable_name(model%handle, int(variable - 1, c_int64_t)))
  end function

  ! axes: of the variable, -1 where there is none of that name.
  subroutine nnmpi_model_variable_shape(model, name, axes, shape)
    type(nnmpi_model), intent(in) :: model
    character(*), intent(in) :: name
    integer, intent(out) :: axes
    integer(c_int64_t), allocatable, intent(out) :: shape(:)
    integer(c_int64_t) :: room(nnmpi_max_rank)
    axes = c_model_variable_shape(model%handle, c_of(name), room)
    shape = reversed(room, axes)
  end subroutine

  function nnmpi_model_get(model, name, count, values) result(status)
    type(nnmpi_model), intent(in) :: model
    character(*), intent(in) :: name
    integer, intent(in) :: count
    real(c_float), intent(out) :: values(*)
    integer(c_int) :: status
    status = c_model_get(model%handle, c_of(name), int(count, c_int64_t), values)
  end function

  function nnmpi_model_set(model, name, count, values) result(status)
    type(nnmpi_model), intent(in) :: model
    character(*), intent(in) :: name
    integer, intent(in) :: count
    real(c_float), intent(in) :: values(*)
    integer(c_int) :: status
    status = c_model_set(model%handle, c_of(name), int(count, c_int64_t), values)
  end function

end module
