/* make_mistakes.c: starts and ends MPI as nnmpi does, with three mistakes between: a decision on
 * memory that was never set, a read beyond an allocation, and a leak. */
#include "comm/comm.h"

#include <stdio.h>
#include <stdlib.h>

int main(void) {
    nn_comm *comm;
    if (nn_comm_open(&comm) != NN_OK) return 1;
    volatile int *numbers = malloc(8 * sizeof *numbers);
    if (!numbers) return 1;
    for (int i = 0; i < 7; i++) numbers[i] = i;
    if (numbers[7] == 3) puts("three");
    if (numbers[numbers[6] + 2] == 3) puts("three");
    numbers = NULL;
    nn_comm_close(&comm);
    return 0;
}
