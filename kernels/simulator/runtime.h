// What the three parts of the simulator know of each other.
//
//     scheduler.cpp    threads as fibers, barriers, schedules, shared memory, asynchronous copies, the launch
//     checker.cpp      every load and store: bounds, alignment, races, uninitialised reads
//     counter.cpp      every load and store: sectors of global memory, wavefronts of shared memory
//     hopper.cpp       barriers that count bytes, tile loads, products of warpgroups
//
// The kernel itself is compiled with cuda.h, which calls the functions of the last section.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x, y, z; };

struct Place {  // in the source, of a call
    const char* file;
    int line;
};

namespace simulator {

// Clock[i] is how many steps of thread i are known to have happened before; a step ends where threads meet.
using Clock = std::vector<unsigned>;

enum class State : uint8_t { ready, at_block_barrier, at_warp_operation, at_warpgroup, at_mbarrier, ended };

struct Copy {  // one cp.async, which has not happened yet
    void* to;
    const void* from;
    int bytes;
    bool valid;  // otherwise zeros are written
    uintptr_t pc;
};

struct Thread {
    int id, warp, lane;
    uint3 index;
    State state;
    char* stack = nullptr;  // its memory; where it stopped is `stack_pointer`
    void* stack_pointer;
    Place place;            // the barrier or warp operation it waits at, with what it brought there:
    const void* operation;
    unsigned mask;
    void* post;
    uint64_t* barrier;      // the mbarrier it waits for
    Clock clock;
    std::vector<Copy> open;                    // copies since the last commit
    std::vector<std::vector<Copy>> committed;  // groups of copies, oldest first
};

const size_t STACK_BYTES = 256 << 10;

// ---- scheduler.cpp
extern std::vector<Thread> threads;
extern Thread* current;    // the thread that runs; null between threads
extern bool in_simulator;  // the simulator's own loads and stores are not the kernel's
extern unsigned block_number;
extern bool checking;
std::string who(int thread);
std::string text(const Place& place);
bool same(const Place& a, const Place& b);
[[noreturn]] void stop_launch();  // after a report that the kernel cannot survive
void wait_for_others();           // let other threads run until this one is ready again
bool eager();                     // whether what may happen late is to happen at once: in the reverse schedule

// ---- checker.cpp
[[gnu::format(printf, 2, 3)]] void report(const char* kind, const char* format, ...);
// Check and note an access. It is named by the address of the instruction, or by a place in the source.
void touch(uintptr_t address, int bytes, bool write, bool atomic, uintptr_t pc, const Place* place = nullptr);
void look(uintptr_t address, int bytes, bool write, uintptr_t pc);  // the same, and count it
void add_region(char* begin, size_t bytes, const char* name, bool shared, bool writable, int grain);
void forget_regions();
void set_in_flight(void* begin, int bytes, bool in_flight);
void order(const std::vector<int>& together);  // all that these threads did is before all that they do next
void begin_block_check();
void begin_launch_check();

// ---- hopper.cpp
bool late_work();  // do one of the things that may happen late; false if there is none
void begin_block_late();
void end_block_late();

// ---- counter.cpp
void count_access(uintptr_t address, int bytes, bool shared, bool write, uintptr_t pc);
void end_block_count();
void begin_launch_count();

}  // namespace simulator

#define CALLER ((uintptr_t)__builtin_return_address(0))

// ---- what cuda.h calls
extern "C" {
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
extern int sim_lane;
void sim_block_operation(void* post, void (*operation)(void** posts, int count), Place place);
void sim_warp_operation(unsigned mask, void* post, void (*operation)(void** posts, unsigned mask), Place place);
void* sim_shared(const void* key, size_t bytes, int grain, const char* name);
void* sim_dynamic_shared(int grain);
void sim_copy_async(void* to, const void* from, int bytes, int valid);
void sim_copy_commit();
void sim_copy_wait(int groups_left);
void sim_atomic(void* address, int bytes);
void sim_touch(const void* address, int bytes, int write);
void sim_stop(const char* kind, const char* why, Place place);
int sim_launch(void (*kernel)(void*), void* arguments, const unsigned* grid, const unsigned* block, size_t shared_bytes);
}
