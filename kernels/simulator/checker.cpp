// Every load and store of the kernel, looked at before it happens.
//
// The kernel is compiled with -fsanitize=thread, which puts a call before each access to memory. The sanitizer's own
// runtime is not linked: those calls are the functions at the end of this file, and what they check is CUDA's rules.
//
// Races are found by vector clocks. A thread counts its steps; a barrier ends the step of all who meet there, and each
// learns what the others knew. For every few bytes of memory (a cell) the last write and the reads since are noted, with
// the step of the thread that did them. An access that conflicts with a noted one is a race if its thread does not know
// of that step: then nothing orders the two, whatever the order was in this run.
#include "runtime.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <unordered_set>

#if defined(__APPLE__)
#include <mach-o/getsect.h>
#include <mach-o/dyld.h>
#include <dlfcn.h>
#else
#include <link.h>
#endif

namespace simulator {

namespace {

struct Access {
    int thread;
    unsigned step;
    uintptr_t pc;
};

struct Cell {
    unsigned block = 0;          // the accesses below are of this block (its number + 1; 0: of none)
    unsigned written_by = 0;     // the last block that wrote, and that read, in this launch
    unsigned read_by = 0;
    Access write{-1, 0, 0};      // the last write of the block
    std::vector<Access> reads;   // its reads since, those that no later one knows of
    uintptr_t last_write_pc = 0, last_read_pc = 0;
    bool atomic = false;         // the last write was atomic
    bool written = false;        // by anyone in this block
    bool in_flight = false;      // an asynchronous copy will write here
};

struct Region {  // an argument or a shared array
    char *begin, *end;
    std::string name;
    bool shared, writable;
    int grain;  // bytes a cell
    std::vector<Cell> cells;
};

struct Span { const char *begin, *end; };

std::vector<Region> regions;
size_t latest;                         // the region of the access before
std::vector<Span> own_data;            // variables of the kernel's file, and ours
std::vector<std::string> reports;
std::unordered_set<uint64_t> told;     // pairs of places in the code that have been reported
const size_t MOST_REPORTS = 40;

Region* find_region(const char* p) {
    if (latest < regions.size() && p >= regions[latest].begin && p < regions[latest].end) return &regions[latest];
    for (size_t i = 0; i < regions.size(); i++)
        if (p >= regions[i].begin && p < regions[i].end) return &regions[latest = i];
    return nullptr;
}

bool is_own_data(const char* p) {
    for (const Span& span : own_data)
        if (p >= span.begin && p < span.end) return true;
    return false;
}

bool first_time(uintptr_t pc, uintptr_t other, int what) {
    return told.insert((pc * 0x9E3779B97F4A7C15ull ^ other) * 31 + what).second;
}

// An access of hopper.cpp has a place in the source and no address of an instruction: it gets a number of its own, in a
// range where no code lies, and sim_place tells what it stands for.
std::vector<std::string> places;
const uintptr_t PLACES = 1ull << 60;

uintptr_t number_of(const Place& place) {
    std::string name = text(place);
    size_t at = std::find(places.begin(), places.end(), name) - places.begin();
    if (at == places.size()) places.push_back(name);
    return PLACES + at;
}

[[noreturn]] void out_of_bounds(const char* p, int bytes, bool write, uintptr_t pc) {
    const char* name = "nothing";
    long offset = 0, size = 0;
    size_t nearest = SIZE_MAX;
    for (const Region& region : regions) {
        size_t distance = p < region.begin ? region.begin - p : p >= region.end ? p - region.end : 0;
        if (distance >= nearest) continue;
        nearest = distance;
        name = region.name.c_str();
        offset = p - region.begin;
        size = region.end - region.begin;
    }
    report("out of bounds", "%s %s %d bytes at byte %ld of '%s', which has %ld (pc %lx)", who(current->id).c_str(),
           write ? "writes" : "reads", bytes, offset, name, size, (long)pc);
    stop_launch();
}

// Blocks of one launch are never ordered: whatever one writes, no other may read or write, unless both are atomic.
void check_blocks(Cell& cell, const Region& region, long byte, bool write, bool atomic, uintptr_t pc) {
    unsigned me = block_number + 1;
    bool both_atomic = atomic && cell.atomic;
    if (cell.written_by && cell.written_by != me && !both_atomic && first_time(pc, cell.last_write_pc, 1))
        report("race", "blocks %u and %u are not ordered: one %s byte %ld of '%s', the other wrote it (pc %lx, pc %lx)",
               block_number, cell.written_by - 1, write ? "writes" : "reads", byte, region.name.c_str(), (long)pc,
               (long)cell.last_write_pc);
    if (write && !atomic && cell.read_by && cell.read_by != me && first_time(pc, cell.last_read_pc, 2))
        report("race", "blocks %u and %u are not ordered: one writes byte %ld of '%s', the other read it (pc %lx, pc %lx)",
               block_number, cell.read_by - 1, byte, region.name.c_str(), (long)pc, (long)cell.last_read_pc);
}

void check_shared(Cell& cell, const Region& region, long byte, bool write, uintptr_t pc) {
    if (cell.in_flight) {
        if (first_time(pc, cell.last_write_pc, 3))
            report("asynchronous", "%s touches byte %ld of '%s' while a copy to it is in flight (pc %lx, pc %lx)",
                   who(current->id).c_str(), byte, region.name.c_str(), (long)pc, (long)cell.last_write_pc);
    } else if (!write && !cell.written && first_time(pc, 0, 4)) {
        report("uninitialised", "%s reads byte %ld of '%s', which nobody in the block has written (pc %lx)",
               who(current->id).c_str(), byte, region.name.c_str(), (long)pc);
    }
}

bool knows(const Access& past) { return past.thread == current->id || current->clock[past.thread] >= past.step; }

void check_race(const Cell& cell, const Region& region, long byte, bool write, bool atomic, uintptr_t pc) {
    const Access* other = nullptr;
    const char* how = "";
    if (cell.write.thread >= 0 && !knows(cell.write) && !(atomic && cell.atomic)) {
        other = &cell.write;
        how = write ? "both write" : "it reads and the other writes";
    } else if (write && !atomic) {
        for (const Access& read : cell.reads)
            if (!knows(read)) other = &read, how = "it writes and the other reads";
    }
    if (other && first_time(pc, other->pc, 5))
        report("race", "%s and thread %d are not ordered: %s byte %ld of '%s' (pc %lx, pc %lx)", who(current->id).c_str(),
               other->thread, how, byte, region.name.c_str(), (long)pc, (long)other->pc);
}

void note(Cell& cell, bool write, bool atomic, uintptr_t pc) {
    Access me{current->id, current->clock[current->id], pc};
    if (write) {
        cell.reads.clear();
        cell.write = me;
        cell.atomic = atomic;
        cell.written = true;
        cell.written_by = block_number + 1;
        cell.last_write_pc = pc;
        return;
    }
    // A read that this thread knows of says no more than the read it does now.
    cell.reads.erase(std::remove_if(cell.reads.begin(), cell.reads.end(), [](const Access& a) { return knows(a); }),
                     cell.reads.end());
    cell.reads.push_back(me);
    cell.read_by = block_number + 1;
    cell.last_read_pc = pc;
}

void find_own_data() {
    own_data.clear();
#if defined(__APPLE__)
    Dl_info info;
    dladdr((void*)&find_own_data, &info);
    for (const char* segment : {"__TEXT", "__DATA", "__DATA_CONST"}) {
        unsigned long size = 0;
        const char* begin = (const char*)getsegmentdata((const mach_header_64*)info.dli_fbase, segment, &size);
        if (begin) own_data.push_back({begin, begin + size});
    }
#else
    dl_iterate_phdr([](dl_phdr_info* info, size_t, void*) {
        std::vector<Span> spans;
        bool ours = false;
        for (int k = 0; k < info->dlpi_phnum; k++) {
            if (info->dlpi_phdr[k].p_type != PT_LOAD) continue;
            const char* begin = (const char*)info->dlpi_addr + info->dlpi_phdr[k].p_vaddr;
            spans.push_back({begin, begin + info->dlpi_phdr[k].p_memsz});
            ours |= (const char*)&find_own_data >= begin && (const char*)&find_own_data < spans.back().end;
        }
        if (ours) own_data = spans;
        return (int)ours;
    }, nullptr);
#endif
}

}  // namespace

void report(const char* kind, const char* format, ...) {
    if (reports.size() >= MOST_REPORTS) return;
    char text[600];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    reports.push_back(std::string(kind) + ": " + text);
}

void touch(uintptr_t address, int bytes, bool write, bool atomic, uintptr_t pc, const Place* place) {
    const char* p = (const char*)address;
    if (place) pc = number_of(*place);
    if (p >= current->stack && p < current->stack + STACK_BYTES) return;  // the thread's own variables
    Region* region = find_region(p);
    if (!region && is_own_data(p)) return;  // threadIdx, __constant__ variables
    if (!region || p + bytes > region->end) out_of_bounds(p, bytes, write, pc);
    if (address % bytes) {
        report("misaligned", "%s %s %d bytes at byte %ld of '%s', no multiple of %d (pc %lx)", who(current->id).c_str(),
               write ? "writes" : "reads", bytes, (long)(p - region->begin), region->name.c_str(), bytes, (long)pc);
        stop_launch();
    }
    if (write && !region->writable && first_time(pc, 0, 6))
        report("read-only", "%s writes to '%s', which the kernel declares const (pc %lx)", who(current->id).c_str(),
               region->name.c_str(), (long)pc);
    long first = (p - region->begin) / region->grain, last = (p - region->begin + bytes - 1) / region->grain;
    for (long at = first; at <= last; at++) {
        Cell& cell = region->cells[at];
        if (cell.block != block_number + 1) {
            cell.block = block_number + 1;
            cell.write.thread = -1;
            cell.reads.clear();
        }
        if (region->shared) check_shared(cell, *region, at * region->grain, write, pc);
        else check_blocks(cell, *region, at * region->grain, write, atomic, pc);
        check_race(cell, *region, at * region->grain, write, atomic, pc);
        note(cell, write, atomic, pc);
    }
}

void look(uintptr_t address, int bytes, bool write, uintptr_t pc) {
    touch(address, bytes, write, false, pc);
    if (const Region* region = find_region((const char*)address))
        count_access(region->shared ? address - (uintptr_t)region->begin : address, bytes, region->shared, write, pc);
}

void add_region(char* begin, size_t bytes, const char* name, bool shared, bool writable, int grain) {
    regions.push_back({begin, begin + bytes, name, shared, writable, grain, std::vector<Cell>(bytes / grain + 1)});
}

void forget_regions() { regions.clear(); }

void set_in_flight(void* begin, int bytes, bool in_flight) {
    Region* region = find_region((char*)begin);
    if (!region) return;
    long first = ((char*)begin - region->begin) / region->grain;
    for (long at = first; at < first + bytes / region->grain; at++) region->cells[at].in_flight = in_flight;
}

void order(const std::vector<int>& together) {
    if (!checking) return;
    Clock all(threads.size(), 0);
    for (int id : together)
        for (size_t i = 0; i < all.size(); i++) all[i] = std::max(all[i], threads[id].clock[i]);
    for (int id : together) {
        threads[id].clock = all;
        threads[id].clock[id]++;
    }
}

void begin_launch_check() {
    places.clear();
    reports.clear();
    told.clear();
    find_own_data();
}

void begin_block_check() {
    for (Thread& thread : threads) {
        thread.clock.assign(threads.size(), 0);
        thread.clock[thread.id] = 1;
    }
    for (Region& region : regions)
        if (region.shared)
            for (Cell& cell : region.cells) cell.written = cell.in_flight = false;
}

}  // namespace simulator

using namespace simulator;

extern "C" {

// `writable`: whether the kernel's parameter points to what is not const; `grain`: the size of an element.
void sim_add_argument(char* begin, size_t bytes, const char* name, int writable, int grain) {
    add_region(begin, bytes, name, false, writable != 0, grain);
}

// The place that an address in a report stands for, if it is none of code.
const char* sim_place(uintptr_t pc) {
    return pc >= PLACES && pc - PLACES < places.size() ? places[pc - PLACES].c_str() : "";
}

const char* sim_reports() {
    static std::string all;
    all.clear();
    for (const std::string& text : reports) all += text + "\n";
    reports.clear();
    return all.c_str();
}

void sim_atomic(void* address, int bytes) {
    if (checking) touch((uintptr_t)address, bytes, true, true, CALLER);
}

void sim_touch(const void* address, int bytes, int write) {
    if (checking && !in_simulator) look((uintptr_t)address, bytes, write != 0, CALLER);
}

// The calls that -fsanitize=thread puts before each access.
#define LOOK(bytes, write) \
    if (current && !in_simulator) look((uintptr_t)address, bytes, write, CALLER)
#define HOOKS(n)                                                      \
    void __tsan_read##n(void* address) { LOOK(n, false); }            \
    void __tsan_write##n(void* address) { LOOK(n, true); }            \
    void __tsan_unaligned_read##n(void* address) { LOOK(n, false); }  \
    void __tsan_unaligned_write##n(void* address) { LOOK(n, true); }  \
    void __tsan_volatile_read##n(void* address) { LOOK(n, false); }   \
    void __tsan_volatile_write##n(void* address) { LOOK(n, true); }
HOOKS(1) HOOKS(2) HOOKS(4) HOOKS(8) HOOKS(16)

void __tsan_read_range(char* address, unsigned long bytes) {
    for (char* end = address + bytes; address < end; address += 4) LOOK(4, false);
}
void __tsan_write_range(char* address, unsigned long bytes) {
    for (char* end = address + bytes; address < end; address += 4) LOOK(4, true);
}
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
}
