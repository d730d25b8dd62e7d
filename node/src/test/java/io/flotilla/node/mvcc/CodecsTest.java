package io.flotilla.node.mvcc;

import static io.flotilla.node.mvcc.Bench.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.storage.Engine.Space;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Golden bytes: what is on disks and in logs. Changing one of these strings is a change of format. */
class CodecsTest {
    private static final TxnId ID = new TxnId(0x1122334455667788L, 0x99AABBCCDDEEFF00L);
    private static final TxnMeta META = new TxnMeta(ID, Key.wrap(new byte[] {0x10, 'k'}), ts(0x0102), 0x0304);
    private static final String ID_HEX = "112233445566778899aabbccddeeff00";
    private static final String META_HEX = ID_HEX + "02106b" + "0000000000000102" + "0000000000000304";

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    @Test
    void dataKeysAreEscapedKeyThenInvertedTimestamp() {
        Key key = Key.wrap(bytes("10006100"));
        byte[] data = MvccKeys.data(key, ts(0x0102));
        assertThat(hex(data)).isEqualTo("1000ff6100ff0000" + "fffffffffffffefd");
        assertThat(MvccKeys.userKeyOfData(data)).isEqualTo(key);
        assertThat(MvccKeys.timestampOfData(data)).isEqualTo(ts(0x0102));
    }

    @Test
    void recordKeysAreEscapedAnchorThenId() {
        Key anchor = Key.wrap(bytes("1000"));
        byte[] record = MvccKeys.record(anchor, ID);
        assertThat(hex(record)).isEqualTo("1000ff0000" + ID_HEX);
        assertThat(MvccKeys.anchorOfRecord(record)).isEqualTo(anchor);
    }

    @Test
    void boundsAreThoseOfTheEscapedEnds() {
        Span span = new Span(Key.MIN, Key.MAX);
        assertThat(hex(MvccKeys.dataBounds(span).from())).isEqualTo("0000");
        assertThat(hex(MvccKeys.dataBounds(span).to())).isEqualTo("ff0000");
        assertThat(hex(MvccKeys.recordBounds(span).from())).isEqualTo("0000");
        assertThat(hex(MvccKeys.recordBounds(span).to())).isEqualTo("ff0000");
        assertThat(hex(MvccKeys.intentBounds(span).from())).isEmpty();
        assertThat(hex(MvccKeys.intentBounds(span).to())).isEqualTo("ff");
    }

    @Test
    void versions() {
        assertThat(hex(VersionCodec.encode(ID, value("hi")))).isEqualTo("01" + ID_HEX + "00" + "6869");
        assertThat(hex(VersionCodec.encode(ID, null))).isEqualTo("01" + ID_HEX + "01");
        assertThat(hex(VersionCodec.encode(ID, value("hi"), true))).isEqualTo("01" + ID_HEX + "02" + "6869");
        assertThat(hex(VersionCodec.encode(ID, null, true))).isEqualTo("01" + ID_HEX + "03");
        for (Value value : Arrays.asList(value("hi"), Value.EMPTY, null)) {
            assertThat(VersionCodec.decode(ts(5), VersionCodec.encode(ID, value)))
                    .isEqualTo(new Version(ID, ts(5), value));
            assertThat(VersionCodec.decode(ts(5), VersionCodec.encode(ID, value, true)))
                    .isEqualTo(new Version(ID, ts(5), value));
        }
        assertThatThrownBy(() -> VersionCodec.decode(ts(5), bytes("02" + ID_HEX + "00")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> VersionCodec.decode(ts(5), bytes("01"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void intents() {
        Intent put = new Intent(META, ts(0x0506), value("hi"));
        assertThat(hex(IntentCodec.encode(put))).isEqualTo("01" + META_HEX + "0000000000000506" + "00" + "6869");
        Intent delete = new Intent(META, ts(0x0506), null);
        assertThat(hex(IntentCodec.encode(delete))).isEqualTo("01" + META_HEX + "0000000000000506" + "01");
        assertThat(IntentCodec.decode(IntentCodec.encode(put))).isEqualTo(put);
        assertThat(IntentCodec.decode(IntentCodec.encode(delete))).isEqualTo(delete);
        assertThatThrownBy(() -> IntentCodec.decode(bytes("0111"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void records() {
        TxnRecord record =
                new TxnRecord(META, TxnStatus.STAGING, ts(0x0506), ts(0x0708), List.of(key("a"), Key.MIN, key("bc")));
        assertThat(hex(RecordCodec.encode(record)))
                .isEqualTo("01" + META_HEX + "01" + "0000000000000506" + "0000000000000708" + "03" + "0161" + "00"
                        + "026263");
        assertThat(RecordCodec.decode(RecordCodec.encode(record))).isEqualTo(record);
        String codes = "";
        for (TxnStatus status : TxnStatus.values()) {
            codes += status + "=" + RecordCodec.encode(record.with(status, ts(1)))[36] + " ";
        }
        assertThat(codes).isEqualTo("PENDING=0 STAGING=1 COMMITTED=2 ABORTED=3 ");
    }

    @Test
    void mutations() {
        MutationWriter writer = new MutationWriter();
        assertThat(writer.isEmpty()).isTrue();
        writer.put(Space.DATA, bytes("aa"), bytes("bbbb"));
        writer.delete(Space.INTENT, bytes("cc"));
        writer.replace(Space.RECORD, bytes("dd"), bytes("d2"));
        byte[] writes = writer.toBytes();
        String body = "00" + "01aa" + "02bbbb" + "11" + "01cc" + "22" + "01dd" + "01d2";
        assertThat(hex(writes)).isEqualTo("01" + body);
        assertThat(Mutation.payload(writes, new byte[0])).isEqualTo(writes);
        assertThat(hex(Mutation.payload(writes, bytes("f00d")))).isEqualTo("02" + "02f00d" + body);
        assertThat(hex(Mutation.payload(new byte[0], bytes("f00d")))).isEqualTo("02" + "02f00d");
        assertThat(hex(Mutation.payload(new byte[0], new byte[0]))).isEqualTo("01");
        assertThat(hex(Mutation.withoutWrites(Mutation.payload(writes, bytes("f00d")))))
                .isEqualTo("02" + "02f00d");
    }

    /** A follower that catches up applies in one batch what its leader evaluated one after the other. */
    @Test
    void whatABatchHasWrittenItselfIsTakenAwayAgain() {
        Bench bench = new Bench();
        bench.engine.in(Space.RECORD).put(bytes("dd"), bytes("d1"));
        MutationWriter writer = new MutationWriter();
        writer.put(Space.INTENT, bytes("cc"), bytes("01"));
        writer.replace(Space.RECORD, bytes("dd"), bytes("d2"));
        writer.delete(Space.INTENT, bytes("cc"));
        writer.replace(Space.RECORD, bytes("dd"), bytes("d3"));
        writer.delete(Space.RECORD, bytes("dd"));
        writer.put(Space.INTENT, bytes("cc"), bytes("02"));
        writer.delete(Space.INTENT, bytes("ee"));
        bench.apply(writer.toBytes());
        assertThat(bench.size(Space.RECORD)).isZero();
        assertThat(bench.size(Space.INTENT)).isEqualTo(1);
    }

    @Test
    void checks() {
        byte[] check = new Mutation.Check(0x0102, -2).payload();
        assertThat(hex(check)).isEqualTo("03" + "0000000000000102" + "fffffffffffffffe");
        assertThat(Mutation.check(check)).contains(new Mutation.Check(0x0102, -2));
        assertThat(Mutation.trigger(check)).isEmpty();
        assertThat(Mutation.withoutWrites(check)).isEmpty();
        assertThat(Mutation.check(bytes("01"))).isEmpty();
        assertThat(new Bench().apply(check)).isEmpty();
    }

    @Test
    void sweeps() {
        Mutation.Sweep sweep = new Mutation.Sweep(
                new Timestamp(0x0102),
                3,
                List.of(
                        new Mutation.Garbage(bytes("aabb"), 300),
                        new Mutation.Garbage(bytes("cc"), 1),
                        Mutation.Garbage.record(bytes("dd"))));
        byte[] payload = sweep.payload();
        assertThat(hex(payload))
                .isEqualTo("04" + "0000000000000102" + "0000000000000003" + "02aabb" + "ac02" + "01cc" + "01" + "01dd"
                        + "00");
        assertThat(Mutation.isSweep(payload)).isTrue();
        assertThat(Mutation.sweep(payload).orElseThrow())
                .usingRecursiveComparison()
                .isEqualTo(sweep);
        assertThat(Mutation.trigger(payload)).isEmpty();
        assertThat(Mutation.withoutWrites(payload)).isEmpty();
        assertThat(Mutation.check(payload)).isEmpty();
        assertThat(Mutation.sweep(bytes("01"))).isEmpty();
    }

    /** Kept on disk and compared between nodes: a change of these values is a change of format. */
    @Test
    void entryHashes() {
        assertThat(EntryHash.of(Space.DATA, new byte[0], new byte[0])).isEqualTo(5416694353577876489L);
        assertThat(EntryHash.of(Space.DATA, bytes("00"), new byte[0])).isEqualTo(-1581857132964823900L);
        assertThat(EntryHash.of(Space.INTENT, bytes("0102030405060708090a"), bytes("ff")))
                .isEqualTo(3354868263771814117L);
    }

    @Test
    void applyingAMutationWritesWhatItSaysAndReturnsItsTrigger() {
        Bench bench = new Bench();
        bench.engine.in(Space.INTENT).put(bytes("cc"), bytes("00"));
        byte[] long200 = new byte[200];
        Arrays.fill(long200, (byte) 7);
        MutationWriter writer = new MutationWriter();
        byte[] version = MvccKeys.data(Key.of("k"), new Timestamp(9));
        writer.put(Space.DATA, version, long200);
        writer.delete(Space.INTENT, bytes("cc"));
        assertThat(bench.apply(Mutation.payload(writer.toBytes(), long200))).isEqualTo(long200);
        assertThat(bench.engine.get(Space.DATA, version)).isEqualTo(long200);
        assertThat(bench.size(Space.INTENT)).isZero();
        assertThat(bench.apply(bytes("01"))).isEmpty();
    }

    @Test
    void brokenMutationsAreRefused() {
        Bench bench = new Bench();
        for (String broken : List.of(
                "",
                "03",
                "06",
                "04000000",
                "0300000000000000",
                "01000",
                "0100",
                "010001aa",
                "010501aa00",
                "013001aa01bb",
                "013001aa",
                "0202f0",
                "0110ffffffffff01")) {
            String even = broken.length() % 2 == 0 ? broken : broken + "0";
            if (!broken.equals("01000")) {
                assertThatThrownBy(() -> bench.apply(bytes(even)))
                        .as(broken)
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void encodedKeysSortAsKeysThenNewestFirst() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            for (int i = 0; i < 500; i++) {
                Key left = randomKey(random);
                Key right = random.nextInt(4) == 0 ? left : randomKey(random);
                Timestamp leftTime = randomTime(random);
                Timestamp rightTime = randomTime(random);
                int expected = left.equals(right)
                        ? Integer.signum(rightTime.compareTo(leftTime))
                        : Integer.signum(left.compareTo(right));
                String what = "seed " + seed + ": " + left + "@" + leftTime + " and " + right + "@" + rightTime;
                byte[] a = MvccKeys.data(left, leftTime);
                byte[] b = MvccKeys.data(right, rightTime);
                assertThat(Integer.signum(Arrays.compareUnsigned(a, b)))
                        .as(what)
                        .isEqualTo(expected);
                assertThat(MvccKeys.userKeyOfData(a)).as(what).isEqualTo(left);
                assertThat(MvccKeys.sameKey(a, b)).as(what).isEqualTo(left.equals(right));
                if (left.compareTo(right) < 0) {
                    assertBounds(what, new Span(left, right), randomKey(random), leftTime);
                }
            }
        }
    }

    private static void assertBounds(String what, Span span, Key key, Timestamp time) {
        boolean inside = span.contains(key);
        MvccKeys.Bounds data = MvccKeys.dataBounds(span);
        assertThat(isWithin(MvccKeys.data(key, time), data)).as(what).isEqualTo(inside);
        MvccKeys.Bounds intents = MvccKeys.intentBounds(span);
        assertThat(isWithin(key.bytes(), intents)).as(what).isEqualTo(inside);
        MvccKeys.Bounds records = MvccKeys.recordBounds(span);
        for (TxnId id : List.of(new TxnId(0, 1), ID, new TxnId(-1, -1))) {
            assertThat(isWithin(MvccKeys.record(key, id), records)).as(what).isEqualTo(inside);
        }
    }

    private static boolean isWithin(byte[] bytes, MvccKeys.Bounds bounds) {
        return Arrays.compareUnsigned(bounds.from(), bytes) <= 0 && Arrays.compareUnsigned(bytes, bounds.to()) < 0;
    }

    private static Key randomKey(Random random) {
        byte[] bytes = new byte[random.nextInt(5)];
        byte[] alphabet = {0, 0, 1, 'a', (byte) 0xFE, (byte) 0xFF};
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = alphabet[random.nextInt(alphabet.length)];
        }
        return Key.wrap(bytes);
    }

    private static Timestamp randomTime(Random random) {
        return random.nextBoolean() ? ts(1 + random.nextInt(3)) : new Timestamp(random.nextLong() >>> 1 | 1);
    }
}
