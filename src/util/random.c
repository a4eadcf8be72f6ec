/* random.c: Philox4x32-10 (Salmon et al., SC11), Box-Muller, and a Feistel permutation whose round
 * keys are Philox words. */
#include "util/random.h"

#include <math.h>
#include <stddef.h>

/* The constants of Philox4x32. */
static const uint32_t MULTIPLIER_0 = 0xD2511F53u, MULTIPLIER_1 = 0xCD9E8D57u;
static const uint32_t KEY_STEP_0 = 0x9E3779B9u, KEY_STEP_1 = 0xBB67AE85u;

static void multiply(uint32_t a, uint32_t b, uint32_t *high, uint32_t *low) {
    uint64_t product = (uint64_t)a * b;
    *high = (uint32_t)(product >> 32);
    *low = (uint32_t)product;
}

void nn_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint32_t high0, low0, high1, low1;
        multiply(MULTIPLIER_0, c0, &high0, &low0);
        multiply(MULTIPLIER_1, c2, &high1, &low1);
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += KEY_STEP_0;
        k1 += KEY_STEP_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void nn_random_block(nn_random_stream stream, uint64_t block, uint32_t out[4]) {
    uint32_t key[2] = {(uint32_t)stream.seed, (uint32_t)(stream.seed >> 32)};
    uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), stream.step,
                           ((uint32_t)stream.purpose << 24) | (stream.part & 0xFFFFFFu)};
    nn_philox(counter, key, out);
}

void nn_random_lanes(nn_random_stream stream, uint64_t first, uint32_t *out) {
    uint32_t c0[NN_RANDOM_LANES], c1[NN_RANDOM_LANES], c2[NN_RANDOM_LANES], c3[NN_RANDOM_LANES];
    uint32_t k0 = (uint32_t)stream.seed, k1 = (uint32_t)(stream.seed >> 32);
    for (int lane = 0; lane < NN_RANDOM_LANES; lane++) {
        uint64_t block = first + (uint64_t)lane;
        c0[lane] = (uint32_t)block;
        c1[lane] = (uint32_t)(block >> 32);
        c2[lane] = stream.step;
        c3[lane] = ((uint32_t)stream.purpose << 24) | (stream.part & 0xFFFFFFu);
    }
    for (int round = 0; round < 10; round++, k0 += KEY_STEP_0, k1 += KEY_STEP_1) {
        for (int lane = 0; lane < NN_RANDOM_LANES; lane++) {
            uint64_t product_0 = (uint64_t)MULTIPLIER_0 * c0[lane];
            uint64_t product_1 = (uint64_t)MULTIPLIER_1 * c2[lane];
            c0[lane] = (uint32_t)(product_1 >> 32) ^ c1[lane] ^ k0;
            c1[lane] = (uint32_t)product_1;
            c2[lane] = (uint32_t)(product_0 >> 32) ^ c3[lane] ^ k1;
            c3[lane] = (uint32_t)product_0;
        }
    }
    for (size_t lane = 0; lane < NN_RANDOM_LANES; lane++) {
        out[4 * lane] = c0[lane];
        out[4 * lane + 1] = c1[lane];
        out[4 * lane + 2] = c2[lane];
        out[4 * lane + 3] = c3[lane];
    }
}

double nn_random_uniform(nn_random_stream stream, uint64_t index) {
    uint32_t words[4];
    nn_random_block(stream, index / 4, words);
    return words[index % 4] * 0x1p-32;
}

double nn_random_normal(nn_random_stream stream, uint64_t index) {
    const double two_pi = 6.283185307179586476925;
    uint32_t words[4]; /* a block holds two pairs of uniforms, so two normals */
    nn_random_block(stream, index / 2, words);
    uint32_t first = words[2 * (index % 2)], second = words[2 * (index % 2) + 1];
    double radius = sqrt(-2.0 * log((first + 0.5) * 0x1p-32));
    return radius * cos(two_pi * (second * 0x1p-32));
}

nn_permutation nn_permutation_make(nn_random_stream stream, uint64_t count) {
    nn_permutation permutation = {.count = count, .half_bits = 1};
    while (permutation.half_bits < 32 && (1ull << (2 * permutation.half_bits)) < count)
        permutation.half_bits++;
    permutation.rounds = permutation.half_bits < 4 ? 16 : 8; /* few bits mix slowly */
    for (size_t i = 0; i < 4; i++)
        nn_random_block(stream, i, permutation.round_keys + 4 * i);
    /* A round of two bits or more is an even permutation, so that the network alone would give the
     * even orders of a few elements more often than the odd ones. */
    uint32_t words[4];
    nn_random_block(stream, 4, words);
    permutation.swap = count > 1 ? words[0] & 1 : 0;
    return permutation;
}

/* The finalizer of MurmurHash3: every bit of the input reaches every bit of the output. */
static uint32_t mix(uint32_t word) {
    word ^= word >> 16;
    word *= 0x85EBCA6Bu;
    word ^= word >> 13;
    word *= 0xC2B2AE35u;
    return word ^ (word >> 16);
}

uint64_t nn_permute(const nn_permutation *permutation, uint64_t index) {
    const uint32_t bits = permutation->half_bits;
    const uint32_t mask = bits == 32 ? UINT32_MAX : (1u << bits) - 1;
    do {
        uint32_t left = (uint32_t)(index >> bits), right = (uint32_t)index & mask;
        for (uint32_t round = 0; round < permutation->rounds; round++) {
            uint32_t next = left ^ (mix(right + permutation->round_keys[round]) & mask);
            left = right;
            right = next;
        }
        index = (uint64_t)left << bits | right;
    } while (index >= permutation->count);
    return index < 2 ? index ^ permutation->swap : index;
}

/* The network alone, on indices below the power of four. */
static void walk_lanes(const nn_permutation *permutation, uint64_t first, uint64_t *out) {
    uint32_t left[NN_RANDOM_LANES], right[NN_RANDOM_LANES];
    const uint32_t bits = permutation->half_bits;
    const uint32_t mask = bits == 32 ? UINT32_MAX : (1u << bits) - 1;
    for (uint32_t lane = 0; lane < NN_RANDOM_LANES; lane++) {
        left[lane] = (uint32_t)((first + lane) >> bits);
        right[lane] = (uint32_t)(first + lane) & mask;
    }
    for (uint32_t round = 0; round < permutation->rounds; round++) {
        for (int lane = 0; lane < NN_RANDOM_LANES; lane++) {
            uint32_t next =
                left[lane] ^ (mix(right[lane] + permutation->round_keys[round]) & mask);
            left[lane] = right[lane];
            right[lane] = next;
        }
    }
    for (int lane = 0; lane < NN_RANDOM_LANES; lane++)
        out[lane] = (uint64_t)left[lane] << bits | right[lane];
}

void nn_permute_some(const nn_permutation *permutation, uint64_t first, int64_t count, int64_t *out) {
    uint64_t walked[NN_RANDOM_LANES];
    for (int64_t at = 0; at < count; at += NN_RANDOM_LANES) {
        const int64_t left = count - at;
        walk_lanes(permutation, first + (uint64_t)at, walked);
        for (int64_t i = 0; i < NN_RANDOM_LANES && i < left; i++) {
            uint64_t index = walked[i];
            if (index >= permutation->count) index = nn_permute(permutation, index);
            else if (index < 2) index ^= permutation->swap;
            out[at + i] = (int64_t)index;
        }
    }
}
