package io.flotilla.node.disk;

import static io.flotilla.node.disk.SpaceWatch.Room.AMPLE;
import static io.flotilla.node.disk.SpaceWatch.Room.RESERVE;
import static io.flotilla.node.disk.SpaceWatch.Room.SCARCE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpaceWatchTest {
    @TempDir
    private Path directory;

    private long usable;

    private final Disk disk = new ForwardingDisk() {
        @Override
        public long usableBytes(Path of) throws IOException {
            if (usable < 0) {
                throw new IOException("injected");
            }
            return usable;
        }
    };

    @Test
    void theReserveIsForDeletesAndItsLowerHalfForNoUser() {
        usable = 1_000;
        try (SpaceWatch watch = new SpaceWatch(disk, directory, 800)) {
            assertThat(watch.room()).isEqualTo(AMPLE);
            assertThat(at(watch, 800)).isEqualTo(AMPLE);
            assertThat(at(watch, 799)).isEqualTo(RESERVE);
            assertThat(at(watch, 400)).isEqualTo(RESERVE);
            assertThat(at(watch, 399)).isEqualTo(SCARCE);
            assertThat(at(watch, 0)).isEqualTo(SCARCE);
        }
    }

    @Test
    void itIsNotFullAndNotFullByTurnsAtTheBorder() {
        try (SpaceWatch watch = new SpaceWatch(disk, directory, 800)) {
            assertThat(watch.room()).isEqualTo(SCARCE);
            assertThat(at(watch, 899)).isEqualTo(RESERVE);
            assertThat(at(watch, 900)).isEqualTo(AMPLE);
            assertThat(at(watch, 800)).isEqualTo(AMPLE);
        }
    }

    @Test
    void withoutAReserveEverythingMayBeUsed() {
        try (SpaceWatch watch = new SpaceWatch(disk, directory, 0)) {
            assertThat(watch.room()).isEqualTo(AMPLE);
        }
        assertThat(SpaceWatch.none().room()).isEqualTo(AMPLE);
    }

    @Test
    void aDiskThatDoesNotSayChangesNothing() {
        usable = 100;
        try (SpaceWatch watch = new SpaceWatch(disk, directory, 800)) {
            assertThat(at(watch, -1)).isEqualTo(SCARCE);
            assertThat(watch.usableBytes()).isEqualTo(100);
            assertThat(watch.reserveBytes()).isEqualTo(800);
        }
    }

    private SpaceWatch.Room at(SpaceWatch watch, long bytes) {
        usable = bytes;
        watch.look();
        return watch.room();
    }
}
