package io.flotilla.node.storage;

class MemoryEngineTest extends EngineContract {
    @Override
    Engine open() {
        return new MemoryEngine();
    }

    @Override
    Engine crash(Engine engine) {
        return ((MemoryEngine) engine).crash();
    }
}
