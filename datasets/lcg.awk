# uniform(): the next number of a fixed pseudo-random sequence, between 0 and 1. Lehmer's generator
# with the multiplier 48271 (Park and Miller, 1993): all products stay below 2^53, so that every awk
# makes the same numbers. `lcg` holds the state; awk's caller sets it to a seed from 1 to 2^31-2.
function uniform() {
    lcg = (48271 * lcg) % 2147483647
    return lcg / 2147483647
}
