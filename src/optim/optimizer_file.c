/* optimizer_file.c: the optimizer's state in a file, in Keras's layout: /optimizer_weights holds the
 * number of steps, the learning rate unless a schedule computes it, and the slots of each variable;
 * the attribute weight_names says in which order. */
#include "model/keras.h"
#include "optim/optimizer_private.h"
#include "optim/schedule.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_ROOM = 4 * NN_LAYER_NAME };
typedef char weight_name[NAME_ROOM];

static const char *const GROUP = "/optimizer_weights";

/* "adam/dense/kernel/velocity" */
static void name_slot(const nn_optimizer *self, const nn_parameter *parameter, int slot,
                      char *name) {
    snprintf(name, NAME_ROOM, "%s/%s/%s/%s", self->args->object.isa->name, parameter->layer->name,
             parameter->variable->name, self->names[slot]);
}

/* Calls `each` for every slot of every variable, in Keras's order. */
static nn_status for_each_slot(const nn_optimizer *self,
                               nn_status (*each)(const nn_optimizer *self, nn_h5 *file, int slot,
                                                 const nn_parameter *parameter, void *context),
                               nn_h5 *file, void *context) {
    nn_status status = NN_OK;
    int slots = nn_optimizer_slots(self), together = nn_optimizer_methods(self)->together;
    int64_t variables = nn_model_parameters(self->model);
    for (int from = 0, to; from < slots; from = to) {
        to = from == 0 && together < slots ? together : from == 0 ? slots : from + 1;
        for (int64_t i = 0; i < variables; i++)
            for (int slot = from; slot < to && status == NN_OK; slot++)
                status = each(self, file, slot, nn_model_parameter(self->model, i), context);
    }
    return status;
}

static nn_real *slot_data(const nn_optimizer *self, int slot, const nn_parameter *parameter) {
    return self->slots[slot].data + parameter->offset;
}

typedef struct {
    weight_name *names;
    int64_t count;
} name_list;

static nn_status write_slot(const nn_optimizer *self, nn_h5 *file, int slot,
                            const nn_parameter *parameter, void *context) {
    name_list *list = context;
    char path[NAME_ROOM + 32];
    char *name = list->names[list->count++];
    name_slot(self, parameter, slot, name);
    snprintf(path, sizeof path, "%s/%s", GROUP, name);
    return nn_h5_write(file, path, NN_H5_NN_REAL, parameter->variable->shape,
                       slot_data(self, slot, parameter));
}

nn_status nn_optimizer_write(const nn_optimizer *optimizer, nn_h5 *file) {
    nn_status status = NN_OK;
    const char *isa = optimizer->args->object.isa->name, **pointers = NULL;
    char path[NAME_ROOM + 32];
    name_list list = {0};
    const nn_shape scalar = {0, {0}};
    const int64_t steps = optimizer->steps;
    const nn_real rate = (nn_real)nn_optimizer_learning_rate(optimizer);
    int64_t most = 2 + optimizer->slot_count * nn_model_parameters(optimizer->model);
    NN_TRY(nn_allocate("names", most, sizeof *list.names, &list.names));
    NN_TRY(nn_allocate("names", most, sizeof *pointers, &pointers));
    snprintf(list.names[list.count++], NAME_ROOM, "%s/iteration", isa);
    snprintf(path, sizeof path, "%s/%s/iteration", GROUP, isa);
    NN_TRY(nn_h5_write(file, path, NN_H5_I64, scalar, &steps));
    if (optimizer->args->learning_rate->isa == NN_SCHEDULES.from_number) {
        snprintf(list.names[list.count++], NAME_ROOM, "%s/learning_rate", isa);
        snprintf(path, sizeof path, "%s/%s/learning_rate", GROUP, isa);
        NN_TRY(nn_h5_write(file, path, NN_H5_NN_REAL, scalar, &rate));
    }
    NN_TRY(for_each_slot(optimizer, write_slot, file, &list));
    for (int64_t i = 0; i < list.count; i++) pointers[i] = list.names[i];
    NN_TRY(nn_h5_write_texts(file, GROUP, "weight_names", pointers, list.count));
done:
    free(list.names);
    free(pointers);
    return status;
}

static nn_status read_slot(const nn_optimizer *self, nn_h5 *file, int slot,
                           const nn_parameter *parameter, void *context) {
    (void)context;
    char name[NAME_ROOM], path[NAME_ROOM + 32];
    name_slot(self, parameter, slot, name);
    snprintf(path, sizeof path, "%s/%s", GROUP, name);
    return nn_h5_read(file, path, NN_H5_NN_REAL, parameter->count,
                      slot_data(self, slot, parameter));
}

nn_status nn_optimizer_read(nn_optimizer *optimizer, nn_h5 *file) {
    char path[NAME_ROOM];
    snprintf(path, sizeof path, "%s/%s/iteration", GROUP, optimizer->args->object.isa->name);
    if (!nn_h5_has(file, path))
        return nn_fail(NN_BAD_CONFIG, "%s: it was not saved by the optimizer %s", nn_h5_path(file),
                       optimizer->args->object.isa->name);
    nn_status status = nn_h5_read(file, path, NN_H5_I64, 1, &optimizer->steps);
    return status == NN_OK ? for_each_slot(optimizer, read_slot, file, NULL) : status;
}
