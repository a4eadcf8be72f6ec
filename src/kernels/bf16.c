/* bf16.c: bfloat16, the upper half of a float32. */
#include "kernels/bf16.h"

#include "kernels/team.h"

#include <string.h>

enum { GRAIN = 4096 };

typedef struct {
    const nn_real *x;
    uint16_t *halves;
    nn_real *y;
} job;

static uint16_t upper_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t rounded = bits + 0x7FFF + (bits >> 16 & 1);
    return (uint16_t)((value == value ? rounded : bits | 0x400000) >> 16);
}

static float from_half(uint16_t half) {
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void halve_some(int64_t begin, int64_t end, void *context) {
    const job *of = context;
    for (int64_t i = begin; i < end; i++) of->halves[i] = upper_half((float)of->x[i]);
}

void nn_to_bf16(int64_t count, const nn_real *x, uint16_t *y) {
    job of = {.x = x, .halves = y};
    nn_team_for(count, GRAIN, halve_some, &of);
}

static void unhalve_some(int64_t begin, int64_t end, void *context) {
    const job *of = context;
    for (int64_t i = begin; i < end; i++) of->y[i] = (nn_real)from_half(of->halves[i]);
}

void nn_from_bf16(int64_t count, const uint16_t *x, nn_real *y) {
    job of = {.halves = (uint16_t *)x, .y = y};
    nn_team_for(count, GRAIN, unhalve_some, &of);
}

static void add_some(int64_t begin, int64_t end, void *context) {
    const job *of = context;
    for (int64_t i = begin; i < end; i++) of->y[i] += (nn_real)from_half(of->halves[i]);
}

void nn_add_bf16(int64_t count, const uint16_t *x, nn_real *y) {
    job of = {.halves = (uint16_t *)x, .y = y};
    nn_team_for(count, GRAIN, add_some, &of);
}
