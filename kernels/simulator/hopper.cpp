// Hopper's asynchronous machinery. Whatever may happen late happens late: a tile load when no thread can go on (or, in the
// reverse schedule, at once), a product at the wait for it. So a kernel that does not wait reads, or overwrites, too early.
#include "runtime.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <unordered_map>

namespace simulator {

namespace {

struct Barrier {  // in the eight bytes of shared memory that the kernel gave it
    int16_t expected, pending;
    int32_t bytes : 31;
    uint32_t phase : 1;
};
static_assert(sizeof(Barrier) == 8);

struct Map {  // CUtensorMap of hopper.h
    const char* base;
    long long columns, rows, pitch;
    int box_columns, box_rows, bytes;
    int box_bytes() const { return box_columns * box_rows * bytes; }
};

struct Load {
    char* to;
    Map map;
    int column, row;
    uint64_t* bar;
    Clock clock;  // what its thread knew when it began the load
};

struct Product {
    std::vector<std::vector<char>> posts;  // of the 128 threads
    void (*operation)(void**);
    Place place;
};

struct Group {  // a warpgroup's products: not yet committed; committed, oldest first
    std::vector<Product> open;
    std::deque<std::vector<Product>> committed;
};

const int GROUP = 128;
std::vector<Load> loads;
std::unordered_map<void*, Clock> known;  // to a barrier: all that those who arrived knew
std::unordered_map<int, Group> groups;   // by the group's first thread

Barrier& at(uint64_t* bar) { return *(Barrier*)bar; }

void join(Clock& mine, const Clock& others) {
    mine.resize(std::max(mine.size(), others.size()));
    for (size_t i = 0; i < others.size(); i++) mine[i] = std::max(mine[i], others[i]);
}

void look_if_complete(uint64_t* bar) {
    Barrier& b = at(bar);
    if (b.pending != 0 || b.bytes != 0) return;
    b.phase ^= 1;
    b.pending = b.expected;
    for (Thread& thread : threads)
        if (thread.state == State::at_mbarrier && thread.barrier == bar) thread.state = State::ready;
}

void run(const Load& load) {
    const Map& map = load.map;
    for (int r = 0; r < map.box_rows; r++)
        for (int c = 0; c < map.box_columns; c++) {
            long long row = load.row + r, column = load.column + c;
            uintptr_t to = (uintptr_t)load.to + (r * map.box_columns + c) * map.bytes;
            to ^= (to >> 7 & 7) << 4;  // the 128-byte swizzle
            bool inside = row >= 0 && row < map.rows && column >= 0 && column < map.columns;
            if (inside) memcpy((void*)to, map.base + row * map.pitch + column * map.bytes, map.bytes);
            else memset((void*)to, 0, map.bytes);
        }
    if (checking) {
        set_in_flight(load.to, map.box_bytes(), false);
        join(known[load.bar], load.clock);
    }
    at(load.bar).bytes -= map.box_bytes();
    look_if_complete(load.bar);
}

// What a product reads: eight-row pieces of both tiles, on behalf of the group's first thread.
void look_at_operands(int first, const std::vector<char>& post, const Place& place) {
    const char* tiles[2];
    memcpy(tiles, post.data() + sizeof(float*), sizeof tiles);
    Thread* before = current;
    current = &threads[first];
    in_simulator = false;
    for (int which = 0; which < 2; which++)
        for (int row = 0; row < (which ? 128 : 64); row++)
            for (int piece = 0; piece < 32; piece += 16) {
                uintptr_t p = (uintptr_t)tiles[which] + row * 128 + piece;
                touch(p ^ (p >> 7 & 7) << 4, 16, false, false, 0, &place);
            }
    current = before;
}

void run(int first, Product& product) {
    void* posts[GROUP];
    for (int i = 0; i < GROUP; i++) posts[i] = product.posts[i].data();
    if (checking) look_at_operands(first, product.posts[0], product.place);
    in_simulator = true;
    product.operation(posts);
    in_simulator = false;
}

// All 128 threads of a warpgroup come here with the same operation; true in the last of them.
bool meet(const void* operation, const void* post, Place place) {
    Thread& me = *current;
    int first = me.id / GROUP * GROUP, here = 0;
    me.state = State::at_warpgroup;
    me.operation = operation;
    me.post = const_cast<void*>(post);
    me.place = place;
    for (int i = first; i < first + GROUP && i < (int)threads.size(); i++) {
        if (threads[i].state != State::at_warpgroup) continue;
        if (!same(threads[i].place, place)) {
            report("partial mask", "%s is at the warpgroup operation of %s, thread %d at that of %s", who(me.id).c_str(),
                   text(place).c_str(), i, text(threads[i].place).c_str());
            stop_launch();
        }
        here++;
    }
    if (here < GROUP) {
        wait_for_others();
        return false;
    }
    for (int i = first; i < first + GROUP; i++) threads[i].state = State::ready;
    return true;
}

Group& my_group() { return groups[current->id / GROUP * GROUP]; }

}  // namespace

bool late_work() {
    if (loads.empty()) return false;
    Load next = loads.front();
    loads.erase(loads.begin());
    run(next);
    return true;
}

void begin_block_late() {
    loads.clear();
    known.clear();
    groups.clear();
}

void end_block_late() {
    if (!loads.empty())
        report("asynchronous", "block (%u, %u, %u) ended with %zu tile loads in flight", blockIdx.x, blockIdx.y,
               blockIdx.z, loads.size());
    for (auto& [first, group] : groups) {
        group.committed.push_back(group.open);
        for (const std::vector<Product>& products : group.committed)
            for (const Product& product : products)
                report("asynchronous", "the warpgroup of %s ended without waiting for its product, at %s",
                       who(first).c_str(), text(product.place).c_str());
    }
}

}  // namespace simulator

using namespace simulator;

extern "C" {

void sim_mbar_init(uint64_t* bar, int count) {
    if (checking) touch((uintptr_t)bar, 8, true, false, CALLER);
    Barrier b;
    b.expected = b.pending = (int16_t)count;
    b.bytes = 0;
    b.phase = 0;
    at(bar) = b;
}

void sim_mbar_arrive(uint64_t* bar, int bytes) {
    if (checking) {
        touch((uintptr_t)bar, 8, true, true, CALLER);
        join(known[bar], current->clock);
        current->clock[current->id]++;
    }
    at(bar).bytes += bytes;
    at(bar).pending--;
    look_if_complete(bar);
}

void sim_mbar_wait(uint64_t* bar, int parity, Place place) {
    if (checking) touch((uintptr_t)bar, 8, false, true, CALLER);
    while (at(bar).phase == (unsigned)parity) {
        current->state = State::at_mbarrier;
        current->barrier = bar;
        current->place = place;
        wait_for_others();
    }
    if (checking) join(current->clock, known[bar]);
}

void sim_tma_load(void* to, const void* map, int column, int row, uint64_t* bar, Place place) {
    if ((uintptr_t)to % 128) sim_stop("misaligned", "a tile load goes to an address that is no multiple of 128", place);
    Load load{(char*)to, {}, column, row, bar, current->clock};
    memcpy(&load.map, map, sizeof load.map);
    if (checking) {
        for (int i = 0; i < load.map.box_bytes(); i += 16) touch((uintptr_t)to + i, 16, true, false, 0, &place);
        set_in_flight(to, load.map.box_bytes(), true);
        current->clock[current->id]++;
    }
    if (eager()) run(load);
    else loads.push_back(load);
}

void sim_warpgroup_product(const void* post, size_t bytes, void (*operation)(void**), Place place) {
    if (!meet((const void*)operation, post, place)) return;
    int first = current->id / GROUP * GROUP;
    Product product{{}, operation, place};
    for (int i = first; i < first + GROUP; i++) {
        const char* posted = (const char*)threads[i].post;
        product.posts.emplace_back(posted, posted + bytes);
    }
    my_group().open.push_back(product);
}

void sim_warpgroup_commit(Place place) {
    if (!meet((const void*)sim_warpgroup_commit, nullptr, place)) return;
    my_group().committed.push_back(my_group().open);
    my_group().open.clear();
}

void sim_warpgroup_wait(int groups_left, Place place) {
    if (!meet((const void*)sim_warpgroup_wait, nullptr, place)) return;
    Group& group = my_group();
    while ((int)group.committed.size() > groups_left) {
        for (Product& product : group.committed.front()) run(current->id / GROUP * GROUP, product);
        group.committed.pop_front();
    }
}

}  // extern "C"
