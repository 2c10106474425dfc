/* The hot loop of the family `extension`: MurmurHash3's finalizer (Austin Appleby, public domain) of `size`
   whole numbers from `first` on, added up modulo 2**32. */

#include <stdint.h>

uint32_t hashed(uint32_t first, uint64_t size)
{
    uint32_t total = 0;
    for (uint64_t index = 0; index < size; index++) {
        uint32_t hash = first + (uint32_t)index;
        hash ^= hash >> 16;
        hash *= UINT32_C(0x85EBCA6B);
        hash ^= hash >> 13;
        hash *= UINT32_C(0xC2B2AE35);
        hash ^= hash >> 16;
        total += hash;
    }
    return total;
}
