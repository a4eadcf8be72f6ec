/* gemm.c: matrix products in tiles of the CBLAS. Each tile's call packs its rows and columns anew, so
 * that small tiles cost speed (docs/PERFORMANCE.md): a product is cut into few, and into enough for a
 * team of some threads where it is large. */
#include "kernels/gemm.h"

#include "kernels/team.h"
#include "util/memory.h"

#include <cblas.h>
#include <string.h>

#ifdef NN_DOUBLE
#define GEMM cblas_dgemm
#else
#define GEMM cblas_sgemm
#endif

/* The multiplications from which a product is cut into 2, 4 and 8 tiles; a side that long is cut first,
 * so that the columns stay together; how many columns are so few that a call for each row is worth
 * saving. */
enum { FOR_TWO = 16 << 20, FOR_FOUR = 128 << 20, FOR_EIGHT = 512 << 20, LONG = 1024, ROUND = 16, FEW_COLUMNS = 32 };

typedef struct {
    CBLAS_TRANSPOSE transpose_a, transpose_b;
    int64_t m, n, k;
    const nn_real *a, *b;
    nn_real *c;
    const nn_epilogue *epilogue;
    int64_t tile_rows, tile_columns, tiles_across;
} product;

static void finish_tile(const product *p, int64_t row, int64_t column, int64_t rows,
                        int64_t columns) {
    const nn_epilogue *epilogue = p->epilogue;
    const bool together = columns == p->n && columns <= FEW_COLUMNS;
    for (int64_t i = row; i < row + rows; i++) {
        nn_real *c = p->c + i * p->n + column;
        if (epilogue->bias)
            for (int64_t j = 0; j < columns; j++) c[j] += epilogue->bias[column + j];
        if (epilogue->before)
            memcpy(epilogue->before + i * p->n + column, c, (size_t)columns * sizeof *c);
        if (!together) nn_activate(epilogue->activation, columns, c, c);
    }
    nn_real *first = p->c + row * p->n;
    if (together) nn_activate(epilogue->activation, rows * columns, first, first);
}

static void multiply_tiles(int64_t begin, int64_t end, void *context) {
    const product *p = context;
    for (int64_t tile = begin; tile < end; tile++) {
        int64_t row = tile / p->tiles_across * p->tile_rows;
        int64_t column = tile % p->tiles_across * p->tile_columns;
        int64_t rows = p->m - row < p->tile_rows ? p->m - row : p->tile_rows;
        int64_t columns = p->n - column < p->tile_columns ? p->n - column : p->tile_columns;
        bool ta = p->transpose_a == CblasTrans, tb = p->transpose_b == CblasTrans;
        const nn_real *a = p->a + (ta ? row : row * p->k);
        const nn_real *b = p->b + (tb ? column * p->k : column);
        nn_real *c = p->c + row * p->n + column;
        if (p->k > 0)
            GEMM(CblasRowMajor, p->transpose_a, p->transpose_b, (int)rows, (int)columns, (int)p->k,
                 1, a, (int)(ta ? p->m : p->k), b, (int)(tb ? p->k : p->n), 0, c, (int)p->n);
        for (int64_t i = 0; i < rows && p->k == 0; i++) /* CBLAS leaves C alone */
            memset(c + i * p->n, 0, (size_t)columns * sizeof *c);
        if (p->epilogue) finish_tile(p, row, column, rows, columns);
    }
}

int nn_gemm_tiles(double work) {
    return work >= FOR_EIGHT ? 8 : work >= FOR_FOUR ? 4 : work >= FOR_TWO ? 2 : 1;
}

static void cut(product *p) {
    const int64_t tiles = nn_gemm_tiles((double)p->m * (double)p->n * (double)p->k);
    int64_t down = 1, across = 1;
    while (down * across < tiles) {
        if (p->m >= LONG * down || p->m * across >= p->n * down) down *= 2;
        else across *= 2;
    }
    p->tile_rows = nn_round_up(nn_chunks(p->m, down), ROUND);
    p->tile_columns = nn_round_up(nn_chunks(p->n, across), ROUND);
    p->tiles_across = nn_chunks(p->n, p->tile_columns);
}

static void multiply(product p) {
    if (p.m == 0 || p.n == 0) return;
    cut(&p);
    nn_team_for(nn_chunks(p.m, p.tile_rows) * p.tiles_across, 1, multiply_tiles, &p);
}

void nn_gemm(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b, nn_real *c,
             const nn_epilogue *epilogue) {
    multiply((product){CblasNoTrans, CblasNoTrans, m, n, k, a, b, c, epilogue, 0, 0, 0});
}

void nn_gemm_ta(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b, nn_real *c) {
    multiply((product){CblasTrans, CblasNoTrans, m, n, k, a, b, c, NULL, 0, 0, 0});
}

void nn_gemm_tb(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b, nn_real *c) {
    multiply((product){CblasNoTrans, CblasTrans, m, n, k, a, b, c, NULL, 0, 0, 0});
}
