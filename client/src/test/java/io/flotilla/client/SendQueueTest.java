package io.flotilla.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.flow.AdmissionLimit;
import io.flotilla.v1.Commit;
import io.flotilla.v1.Get;
import io.flotilla.v1.Request;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SendQueueTest {
    private static final Request.Builder GET = Request.newBuilder().setGet(Get.getDefaultInstance());
    private static final Request.Builder COMMIT = Request.newBuilder().setCommit(Commit.getDefaultInstance());

    private final SendQueue queue = new SendQueue();

    @Test
    void whatCameFirstGoesFirst() {
        Exchange first = add(GET);
        Exchange second = add(GET);
        assertThat(queue.next()).isSameAs(first);
        assertThat(queue.next()).isSameAs(second);
        assertThat(queue.next()).isNull();
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void noMoreAreUnderWayThanMayBe() {
        List<Exchange> sent = fill();
        assertThat(queue.isEmpty()).isFalse();
        assertThat(queue.next()).isNull();
        queue.ended(sent.get(0), 1, true);
        assertThat(queue.next()).isNotNull();
        assertThat(queue.next()).isNull();
    }

    @Test
    void aCommitIsNotKeptWaitingByThoseWhoMayWaitForIt() {
        fill();
        Exchange commit = add(COMMIT);
        assertThat(queue.next()).isSameAs(commit);
        assertThat(queue.next()).isNull();
    }

    @Test
    void aGatewayThatAnswersLateIsAskedLess() {
        List<Exchange> sent = fill();
        long late = 3_000_000_000L;
        int i = 0;
        for (; i < 1_000; i++) {
            queue.ended(sent.get(i), late + i * 1_000_000L, true);
        }
        assertThat(queue.next())
                .as("1,000 answers have made room, and fewer are wanted now")
                .isNull();
        for (; i < sent.size(); i++) {
            queue.ended(sent.get(i), late + i * 1_000_000L, true);
        }
        assertThat(fill()).hasSizeBetween(AdmissionLimit.MIN, 1_000);
    }

    @Test
    void takesOutJustWhatMatches() {
        Exchange get = add(GET);
        Exchange commit = add(COMMIT);
        List<Exchange> taken = new ArrayList<>();
        queue.takeIf(commit::equals, taken::add);
        assertThat(taken).containsExactly(commit);
        assertThat(queue.next()).isSameAs(get);
        assertThat(queue.next()).isNull();
    }

    /** Takes as many as may be under way; one more waits. */
    private List<Exchange> fill() {
        List<Exchange> sent = new ArrayList<>();
        Exchange next;
        do {
            add(GET);
            next = queue.next();
            if (next != null) {
                sent.add(next);
            }
        } while (next != null);
        return sent;
    }

    private Exchange add(Request.Builder request) {
        Exchange exchange = new TestExchange();
        exchange.request = request;
        queue.add(exchange);
        return exchange;
    }
}
