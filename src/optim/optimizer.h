/* optimizer.h: how gradients change the weights (keras.optimizers).
 *
 * An optimizer passes once over the arena of variables, elementwise, with a learning rate, the
 * gradients and its slots: arrays with the layout of the variables, such as Adam's moments.
 * Clipping and weight decay are the same for all of them. Formulas, defaults and their order are
 * Keras 3's. A new optimizer is one file with one nn_optimizer_class, and one line in optimizer.c.
 */
#ifndef NN_OPTIM_OPTIMIZER_H
#define NN_OPTIM_OPTIMIZER_H

#include "io/h5.h"
#include "model/model.h"

enum { NN_OPTIMIZER_SLOTS = 3 };

/** A piece of the arena, and what is to be done to it. */
typedef struct {
    int64_t count;
    nn_real *value;          /* (count) */
    const nn_real *gradient; /* (count) */
    nn_real *slots[NN_OPTIMIZER_SLOTS];
    double rate; /* what the class's rate() makes of the learning rate */
} nn_update;

typedef struct {
    nn_class base;
    /** The names of the slots that these arguments ask for, NULL at the end. */
    void (*slots)(const nn_object *args, const char *names[NN_OPTIMIZER_SLOTS + 1]);
    /** How many of the first slots Keras's files hold variable by variable; the others follow slot
     * by slot. */
    int together;
    /** What the slots hold at first; NULL: 0. */
    double (*initial)(const nn_object *args);
    /** What a step, counted from 1, makes of the learning rate; NULL: nothing. */
    double (*rate)(const nn_object *args, double learning_rate, int64_t step);
    /** Updates a piece. */
    void (*update)(const nn_object *args, const nn_update *piece);
} nn_optimizer_class;

/** The arguments that all optimizers take; the first member of each one's struct. */
typedef struct {
    nn_object object;
    nn_object *learning_rate; /* a schedule */
    double weight_decay;      /* NAN: none */
    double clipnorm, clipvalue, global_clipnorm;
} nn_optimizer_args;

#define NN_OPTIMIZER_FIELDS(rate, decay)                                                           \
    {.name = "learning_rate",                                                                      \
     .type = NN_FIELD_OBJECT,                                                                      \
     .offset = offsetof(nn_optimizer_args, learning_rate),                                         \
     .text = rate,                                                                                 \
     .registry = &NN_SCHEDULES,                                                                    \
     .help = "a number or a schedule"},                                                            \
        {.name = "weight_decay",                                                                   \
         .type = NN_FIELD_REAL,                                                                    \
         .offset = offsetof(nn_optimizer_args, weight_decay),                                      \
         .flags = NN_FIELD_NULLABLE,                                                               \
         .number = decay,                                                                          \
         .min = 0,                                                                                 \
         .max = INFINITY,                                                                          \
         .help = "w -= w * weight_decay * learning_rate before each update"},                      \
        {.name = "clipnorm",                                                                       \
         .type = NN_FIELD_REAL,                                                                    \
         .offset = offsetof(nn_optimizer_args, clipnorm),                                          \
         .flags = NN_FIELD_NULLABLE | NN_FIELD_MIN_OPEN,                                           \
         .min = 0,                                                                                 \
         .max = INFINITY,                                                                          \
         .help = "largest norm of each variable's gradient"},                                      \
        {.name = "clipvalue",                                                                      \
         .type = NN_FIELD_REAL,                                                                    \
         .offset = offsetof(nn_optimizer_args, clipvalue),                                         \
         .flags = NN_FIELD_NULLABLE | NN_FIELD_MIN_OPEN,                                           \
         .min = 0,                                                                                 \
         .max = INFINITY,                                                                          \
         .help = "largest size of each element of the gradient"},                                  \
    {                                                                                              \
        .name = "global_clipnorm", .type = NN_FIELD_REAL,                                          \
        .offset = offsetof(nn_optimizer_args, global_clipnorm),                                    \
        .flags = NN_FIELD_NULLABLE | NN_FIELD_MIN_OPEN, .min = 0, .max = INFINITY,                 \
        .help = "largest norm of all gradients together"                                           \
    }

/** For the class of every optimizer: at most one kind of clipping. */
nn_status nn_optimizer_check(const nn_object *args);

/** All optimizers. */
extern const nn_registry NN_OPTIMIZERS;

typedef struct nn_optimizer nn_optimizer;

/** An optimizer at step 0 for the variables of `model`; both are borrowed. Local.
 * Errors: NN_INTERNAL. */
nn_status nn_optimizer_create(const nn_object *args, nn_model *model,
                              nn_optimizer **out) NN_CHECKED;

/** Releases it; takes NULL. Local. */
void nn_optimizer_destroy(nn_optimizer **optimizer);

/** A part of the arena, and where its gradients come from. */
typedef struct {
    int64_t begin, end; /* as nn_optimizer_cut() cuts */
    /** The gradients begin .. begin + count - 1: where they are, or in `room` (count), filled. By any
     * thread of the team. NULL: nn_model_gradients(). */
    const nn_real *(*gradient)(void *context, int64_t begin, int64_t count, nn_real *room);
    void *context;
} nn_optimizer_part;

/** Where part `part` of `parts` of about the same length begins; it ends where the next one begins.
 * Local. */
int64_t nn_optimizer_cut(const nn_optimizer *optimizer, int part, int parts);

/** Whether gradients are clipped by norms: then all parts are measured before the first is updated. Local.
 */
bool nn_optimizer_clips_norms(const nn_optimizer *optimizer);

/** Measures the norms of a part's gradients, penalties included. Team. Local. */
void nn_optimizer_measure(nn_optimizer *optimizer, const nn_optimizer_part *part);

/** Updates a part: adds the gradients of the penalties, clips, and changes the variables, in one pass.
 * Each part once a step. Team. Local. */
void nn_optimizer_update(nn_optimizer *optimizer, const nn_optimizer_part *part);

/** The penalties on the variables as they were before the last step, all of whose parts were updated.
 * Local. */
double nn_optimizer_penalty(const nn_optimizer *optimizer);

/** A whole step from nn_model_gradients(). Team. Local. */
void nn_optimizer_apply(nn_optimizer *optimizer);

/** Moves the slots into `slots`, room for as many as there are, one behind the other, and the sums that
 * are kept from nn_optimizer_measure() and nn_optimizer_update() on into `sums`, room for
 * nn_optimizer_sums() numbers: memory in which several ranks update parts of their own. Borrowed until
 * the optimizer's end. By one thread. Local. */
void nn_optimizer_move(nn_optimizer *optimizer, nn_real *slots, double *sums);
int64_t nn_optimizer_sums(const nn_optimizer *optimizer);

/** Scales the learning rate by `scale` from now on; where that is more than 1, growing linearly from 1
 * over the first `warmup_steps` steps of the training. Local. */
void nn_optimizer_scale(nn_optimizer *optimizer, double scale, double warmup_steps);

/** The learning rate of the next step: the schedule's value times the scale and the factor. Local. */
double nn_optimizer_learning_rate(const nn_optimizer *optimizer);

/** The factor on the schedule, 1 at first, which reduce-on-plateau lowers. Local. */
double nn_optimizer_factor(const nn_optimizer *optimizer);
void nn_optimizer_set_factor(nn_optimizer *optimizer, double factor);

/** The number of steps made. Local. */
int64_t nn_optimizer_steps(const nn_optimizer *optimizer);
void nn_optimizer_set_steps(nn_optimizer *optimizer, int64_t steps);

/** The slots, each with the layout of nn_model_values(): their number, names, and memory. Local. */
int nn_optimizer_slots(const nn_optimizer *optimizer);
const char *nn_optimizer_slot_name(const nn_optimizer *optimizer, int slot);
nn_span nn_optimizer_slot(const nn_optimizer *optimizer, int slot);

/** Writes the state in Keras's layout, /optimizer_weights, and reads it back into an optimizer of
 * the same kind over the same variables. Local.
 * Errors: NN_IO; NN_BAD_DATA; NN_BAD_CONFIG where another kind of optimizer wrote it. */
nn_status nn_optimizer_write(const nn_optimizer *optimizer, nn_h5 *file) NN_CHECKED;
nn_status nn_optimizer_read(nn_optimizer *optimizer, nn_h5 *file) NN_CHECKED;

#endif
