package io.flotilla.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OutstandingTest {
    private final Outstanding outstanding = new Outstanding();

    @Test
    void behavesAsAMapByIdWhateverTheOrder() {
        SplittableRandom random = new SplittableRandom(7);
        Map<Long, Exchange> model = new HashMap<>();
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(5) < 3 || ids.isEmpty()) {
                Exchange exchange = exchange(i);
                outstanding.add(exchange);
                assertThat(model.put(exchange.id, exchange)).isNull();
                ids.add(exchange.id);
            } else {
                long id = ids.get(random.nextInt(ids.size()));
                assertThat(outstanding.take(id)).isSameAs(model.remove(id));
            }
            assertThat(outstanding.size()).isEqualTo(model.size());
        }
    }

    @Test
    void lateAnswerDoesNotReachWhoeverHasTheSlotNow() {
        Exchange first = exchange(1);
        outstanding.add(first);
        long id = first.id;
        outstanding.take(id);
        outstanding.add(exchange(2));
        assertThat(outstanding.take(id)).isNull();
    }

    @Test
    void takesOutJustWhatMatches() {
        for (int i = 0; i < 200; i++) {
            outstanding.add(exchange(i));
        }
        List<Exchange> taken = new ArrayList<>();
        outstanding.takeIf(exchange -> exchange.sentAtNanos < 50, taken::add);
        assertThat(taken).hasSize(50);
        assertThat(outstanding.size()).isEqualTo(150);
        assertThat(outstanding.oldestSentAtNanos(1_000)).isEqualTo(50);
    }

    private static Exchange exchange(long sentAtNanos) {
        Exchange exchange = new TestExchange();
        exchange.sentAtNanos = sentAtNanos;
        return exchange;
    }
}
