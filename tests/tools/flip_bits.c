/* flip_bits.c: flip_bits FILE COUNT SEED: flips one bit of a sealed file after the other, chosen by the
 * seed, back again each time, and prints how many of them its seal does not tell. */
#include "io/publish.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int flip(int file, uint64_t bit) {
    unsigned char byte;
    if (pread(file, &byte, 1, (off_t)(bit / 8)) != 1) return 1;
    byte ^= (unsigned char)(1 << bit % 8);
    return pwrite(file, &byte, 1, (off_t)(bit / 8)) != 1;
}

int main(int argc, char **argv) {
    struct stat about;
    if (argc != 4) return 64;
    int file = open(argv[1], O_RDWR);
    if (file < 0 || fstat(file, &about) != 0 || nn_seal_verify(argv[1]) != NN_OK) return 1;
    uint64_t state = strtoull(argv[3], NULL, 10), bits = 8 * (uint64_t)about.st_size;
    long count = atol(argv[2]), missed = 0;
    for (long i = 0; i < count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's, MMIX */
        uint64_t bit = (state >> 16) % bits;
        if (flip(file, bit) != 0) return 1;
        if (nn_seal_verify(argv[1]) == NN_OK) missed++;
        if (flip(file, bit) != 0) return 1;
    }
    printf("%ld of %ld flipped bits are not told\n", missed, count);
    return missed > 0 || nn_seal_verify(argv[1]) != NN_OK;
}
