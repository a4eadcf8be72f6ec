#!/usr/bin/env bash
# interface.sh: what nnmpi.h declares is what the libraries show, no more and no less; each of its functions
# is described there, called by a test, and known in Fortran; the header compiles alone as C99, C11 and C++.
# test: TIMEOUT 120
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/install/lib.sh"
header=$SOURCE_DIR/include/nnmpi.h
mpicxx=${mpicc/mpicc/mpicxx}
needs nm

# declared: the functions of the header, one a line.
sed -n 's/^NNMPI_API .*[ *]\(nnmpi_[a-z_]*\)(.*/\1/p' "$header" | sort >declared
[ "$(wc -l <declared)" -ge 40 ] || fail "nnmpi.h declares only $(wc -l <declared) functions"
[ "$(wc -l <declared)" -eq "$(grep -c '^NNMPI_API ' "$header")" ] || fail 'a declaration has another form'

nm -D --defined-only "$build/libnnmpi.so" | awk '$2 ~ /[A-Z]/ { print $3 }' |
    grep -Ev '^(_init|_fini|__asan|__odr_asan|__ubsan|__bss_start|_edata|_end)' | sort >shared
diff declared shared >difference || fail "libnnmpi.so shows something else: $(cat difference)"
nm -g --defined-only "$build/libnnmpi.a" | awk 'NF == 3 { print $3 }' | grep -v '^__' | sort >static
diff declared static >difference || fail "libnnmpi.a shows something else: $(cat difference)"

# Comments stand above a declaration, or above the group that it belongs to.
awk '/^ *$/ { described = 0 } /\/\*\*/ { described = 1 }
     /^NNMPI_API/ && !described { print FILENAME ":" FNR ": " $0 }' "$header" >undescribed
[ ! -s undescribed ] || fail "no comment: $(cat undescribed)"

while IFS= read -r name; do
    grep -qw "$name" "$SOURCE_DIR"/tests/api/*.[ch] || fail "no test calls $name()"
    grep -q "bind(C, name=\"$name\")" "$SOURCE_DIR/fortran/nnmpi.f90" ||
        [ "$name" = nnmpi_context_create ] || fail "nnmpi.f90 does not know $name()"
    grep -Eq "^ +public ::.*[ ,]${name%_f}(,|$)" "$SOURCE_DIR/fortran/nnmpi.f90" ||
        fail "nnmpi.f90 does not offer ${name%_f}()"
done <declared

# The same numbers in Fortran.
grep -o 'X([A-Z_]*, [0-9]*' "$SOURCE_DIR/include/nnmpi/status.h" | tr -d 'X(,' | grep -v '^name' |
    while read -r name code; do
        grep -q "nnmpi_${name,,} = $code" "$SOURCE_DIR/fortran/nnmpi.f90" ||
            fail "nnmpi.f90 has another number for $name"
    done

cat >alone.c <<'END'
#include <nnmpi.h>
int main(void) { return nnmpi_version()[0] == '\0'; }
END
for standard in c99 c11; do
    expect_exit 0 "$mpicc" -std=$standard -Wall -Wextra -pedantic -Werror -I"$SOURCE_DIR/include" -c alone.c
done
if command -v "$mpicxx" >/dev/null && "$mpicxx" --version >/dev/null 2>&1; then
    cp alone.c alone.cpp # Open MPI's C++ functions have warnings of their own; cxx.sh tries it without definitions
    expect_exit 0 "$mpicxx" -std=c++11 -DOMPI_SKIP_MPICXX -DMPICH_SKIP_MPICXX -Wall -Wextra -Werror \
        -I"$SOURCE_DIR/include" alone.cpp -o alone -L"$build" -lnnmpi -Wl,-rpath,"$build"
    expect_exit 0 ranks 1 ./alone
else
    echo 'no C++ compiler: not tried in C++'
fi
