// How well the loads and stores of a warp fit the memory, per place in the code.
//
// A GPU serves the 32 lanes of a warp together. Global memory moves in sectors of 32 bytes: the cost of a request is the
// number of sectors its lanes touch, the ideal the number that their distinct bytes would fill. Shared memory has 32
// banks of 4-byte words, each giving one word at a time: the cost is the number of wavefronts, that is, the most words
// that any one bank must give; ideal is one for each group of lanes that is served together (32 lanes with 4 bytes each,
// 16 with 8, 8 with 16). Lanes that read the same word share it.
//
// A request is the k-th time that each lane of a warp comes to the same place.
#include "runtime.h"

#include <algorithm>
#include <unordered_map>

namespace simulator {

namespace {

struct Request {
    unsigned lanes = 0;
    uintptr_t address[32];
};

struct Count {
    long requests = 0, cost = 0, ideal = 0;
    int bytes = 0;
    bool shared = false, write = false;
};

const int SECTOR = 32, BANKS = 32, WORD = 4, WAVEFRONT = 128;
std::unordered_map<uintptr_t, Count> counts;        // by place in the code
std::unordered_map<uint64_t, Request> pending;      // by place, warp and k; complete ones are gone
std::unordered_map<uint64_t, uintptr_t> place_of;   // of a pending request
std::unordered_map<uint64_t, unsigned> times_here;  // by place and thread

size_t distinct(std::vector<uintptr_t>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values.size();
}

void count_global(const Request& request, Count& count) {
    std::vector<uintptr_t> sectors, addresses;
    for (int lane = 0; lane < 32; lane++) {
        if (!(request.lanes >> lane & 1)) continue;
        addresses.push_back(request.address[lane]);
        sectors.push_back(request.address[lane] / SECTOR);
        sectors.push_back((request.address[lane] + count.bytes - 1) / SECTOR);
    }
    count.cost += (long)distinct(sectors);
    count.ideal += ((long)distinct(addresses) * count.bytes + SECTOR - 1) / SECTOR;
}

void count_shared(const Request& request, Count& count) {
    int together = std::min(32, WAVEFRONT / count.bytes);
    for (int first = 0; first < 32; first += together) {
        std::vector<uintptr_t> words;
        for (int lane = first; lane < first + together; lane++)
            if (request.lanes >> lane & 1)
                for (int byte = 0; byte < count.bytes; byte += WORD)
                    words.push_back((request.address[lane] + byte) / WORD);
        if (words.empty()) continue;
        distinct(words);
        int of_bank[BANKS] = {}, most = 0;
        for (uintptr_t word : words) most = std::max(most, ++of_bank[word % BANKS]);
        count.cost += most;
        count.ideal += 1;
    }
}

void close(uint64_t key) {
    Count& count = counts[place_of[key]];
    count.requests++;
    (count.shared ? count_shared : count_global)(pending[key], count);
    pending.erase(key);
    place_of.erase(key);
}

uint64_t mix(uint64_t a, uint64_t b) { return (a ^ b * 0x9E3779B97F4A7C15ull) * 0xD1B54A32D192ED03ull; }

}  // namespace

void count_access(uintptr_t address, int bytes, bool shared, bool write, uintptr_t pc) {
    uintptr_t place = pc << 1 | shared;  // one place in the code may serve both memories
    unsigned time = times_here[mix(place, current->id + 1)]++;
    uint64_t key = mix(mix(place, current->warp + 1), time + 1);
    Count& count = counts[place];
    count.bytes = bytes;
    count.shared = shared;
    count.write = write;
    Request& request = pending[key];
    place_of[key] = place;
    request.lanes |= 1u << current->lane;
    request.address[current->lane] = address;
    if (request.lanes == ~0u) close(key);
}

void end_block_count() {
    while (!pending.empty()) close(pending.begin()->first);
    times_here.clear();
}

void begin_launch_count() {
    counts.clear();
    pending.clear();
    place_of.clear();
    times_here.clear();
}

}  // namespace simulator

using namespace simulator;

// Per place in the code: its address, then requests, cost, ideal, bytes of a lane, whether shared, whether a store.
extern "C" int sim_counts(uintptr_t* pc, long* numbers, int capacity) {
    int i = 0;
    for (const auto& [place, count] : counts) {
        if (i == capacity) break;
        pc[i] = place >> 1;
        long row[] = {count.requests, count.cost, count.ideal, count.bytes, count.shared, count.write};
        std::copy(row, row + 6, numbers + 6 * i++);
    }
    return i;
}
