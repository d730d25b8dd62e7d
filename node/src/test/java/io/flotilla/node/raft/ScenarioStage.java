package io.flotilla.node.raft;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Plays one scenario, line by line.
 *
 * <pre>
 * group (1 2 3w) +4       the founding members; w marks a witness, + a learner
 * elect 1 / campaign 1    the first insists on being elected
 * propose 1 a b           through replica 1
 * change 1 (1 2)&amp;(1 2 3)  a change of membership; data of the entry may follow a bar
 * lead 2 by 1             1 hands leadership over to 2
 * settle / wait 500       all messages under way arrive / so many milliseconds pass
 * lose                    all messages under way are lost
 * cut 1, cut 1 2, cut 1&gt;2  1 from all, both from each other, one way; heal
 * crash 1 / start 1 / destroy 1
 * stall 1 / disk 1        nothing becomes durable / all does
 * compact 1 5             the log up to index 5 is dropped
 * snapshots               those that are asked for are sent and installed
 * snapshot s 1 3          a snapshot s of 1 for 3 is taken; arrive s / install s at its receiver
 * show 1 / state 1 / log 1 / sent 1   role and positions / what was applied / the log / what 1 has sent and is under way
 * </pre>
 */
final class ScenarioStage {
    private record Parcel(int from, int to, long term, LabSnapshot state) {}

    private final TreeSet<Integer> alone = new TreeSet<>();

    /** Their stores are gone with them. */
    private final TreeSet<Integer> down = new TreeSet<>();

    private final TreeSet<String> cutLinks = new TreeSet<>();
    private final TreeMap<String, Parcel> parcels = new TreeMap<>();
    private Lab lab = new Lab(1);

    /** Says what came of it; nothing if nothing did. */
    List<String> play(String line) {
        List<String> words = new ArrayList<>(Arrays.asList(line.trim().split(" +")));
        String verb = words.remove(0);
        String rest = line.trim().substring(verb.length()).trim();
        return switch (verb) {
            case "group" -> group(rest);
            case "elect" -> elect(id(words, 0));
            case "campaign" -> event(id(words, 0), new RaftEvent.Campaign());
            case "propose" -> propose(id(words, 0), words.subList(1, words.size()));
            case "change" -> outcome(lab.change(id(words, 0), rest.substring(rest.indexOf(' ') + 1)));
            case "lead" -> event(id(words, 2), new RaftEvent.TransferLeadership(id(words, 0)));
            case "read" -> event(id(words, 0), new RaftEvent.ReadIndex(id(words, 1)));
            case "settle" -> quietly(lab::settle);
            case "wait" -> quietly(() -> lab.advance(id(words, 0)));
            case "lose" -> quietly(lab.network::clear);
            case "cut" -> quietly(() -> cut(words));
            case "heal" ->
                quietly(() -> {
                    alone.clear();
                    cutLinks.clear();
                });
            case "crash" ->
                quietly(() -> {
                    lab.crash(id(words, 0));
                    down.add(id(words, 0));
                });
            case "start" ->
                quietly(() -> {
                    down.remove(id(words, 0));
                    lab.start(id(words, 0));
                });
            case "destroy" -> quietly(() -> lab.destroy(id(words, 0)));
            case "stall" -> quietly(() -> lab.stalledDisks.add(id(words, 0)));
            case "disk" ->
                quietly(() -> {
                    lab.stalledDisks.remove(id(words, 0));
                    lab.persist(id(words, 0));
                });
            case "compact" -> quietly(() -> lab.compact(id(words, 0), id(words, 1)));
            case "snapshots" -> snapshots();
            case "snapshot" -> quietly(() -> parcels.put(words.get(0), parcel(id(words, 1), id(words, 2))));
            case "arrive" -> arrive(parcel(words.get(0)));
            case "install" -> quietly(() -> install(parcel(words.get(0))));
            case "show" -> List.of(show(id(words, 0)));
            case "state" -> List.of(state(id(words, 0)));
            case "log" -> List.of(log(id(words, 0)));
            case "sent" -> sent(id(words, 0));
            default -> throw new IllegalArgumentException("no such command: " + line);
        };
    }

    private static int id(List<String> words, int at) {
        return Integer.parseInt(words.get(at));
    }

    private static List<String> quietly(Runnable action) {
        action.run();
        return List.of();
    }

    private List<String> group(String membership) {
        lab = new Lab(LabSnapshot.membership(membership));
        alone.clear();
        down.clear();
        cutLinks.clear();
        lab.cut = message -> alone.contains(message.from())
                || alone.contains(message.to())
                || down.contains(message.from())
                || down.contains(message.to())
                || cutLinks.contains(message.from() + ">" + message.to());
        return List.of();
    }

    private List<String> elect(int id) {
        lab.micros += 2_000_000;
        lab.elect(id);
        lab.settle();
        return List.of();
    }

    private List<String> event(int id, RaftEvent event) {
        lab.step(id, event);
        List<String> answers = new ArrayList<>();
        lab.reads.forEach(read -> answers.add("read " + read.request() + " at " + read.index()));
        lab.reads.clear();
        return answers;
    }

    private List<String> propose(int id, List<String> payloads) {
        List<byte[]> bytes = new ArrayList<>();
        payloads.forEach(each -> bytes.add(each.getBytes(StandardCharsets.UTF_8)));
        return outcome(lab.step(id, new RaftEvent.Propose(bytes)));
    }

    private static List<String> outcome(Ready ready) {
        ProposalRefusal refusal = ready.refusal();
        return List.of(refusal == null ? "at " + ready.proposedFrom() : "refused: " + refusal);
    }

    private void cut(List<String> words) {
        if (words.size() == 1 && words.get(0).contains(">")) {
            cutLinks.add(words.get(0));
        } else if (words.size() == 1) {
            alone.add(id(words, 0));
        } else {
            cutLinks.add(words.get(0) + ">" + words.get(1));
            cutLinks.add(words.get(1) + ">" + words.get(0));
        }
    }

    // Snapshots

    private Parcel parcel(String name) {
        return Objects.requireNonNull(parcels.get(name));
    }

    private Parcel parcel(int from, int to) {
        LabSnapshot state = lab.state(from);
        boolean witness = state.membership().isWitness(to);
        return new Parcel(from, to, lab.status(from).term(), witness ? state.forWitness() : state);
    }

    private List<String> snapshots() {
        List<String> said = new ArrayList<>();
        List<Integer> asked = List.copyOf(lab.snapshotsTo);
        lab.snapshotsTo.clear();
        for (int to : asked) {
            Parcel parcel = parcel(lab.leader(), to);
            String answer = arrive(parcel).get(0);
            if (answer.equals("wanted")) {
                install(parcel);
            }
            lab.step(parcel.from(), new RaftEvent.SnapshotSent(to, true));
            said.add(to + ": " + parcel.state().membership() + " at "
                    + parcel.state().index() + ", " + answer);
        }
        lab.settle();
        return said;
    }

    private List<String> arrive(Parcel parcel) {
        if (!lab.exists(parcel.to())) {
            if (!parcel.state().membership().isMember(parcel.to())) {
                return List.of("not for me");
            }
            lab.found(parcel.to(), parcel.state());
            return List.of("founded");
        }
        lab.takeInstallAsked();
        lab.step(
                parcel.to(),
                new RaftEvent.SnapshotArrived(
                        parcel.from(),
                        parcel.term(),
                        parcel.state().index(),
                        parcel.state().term()));
        return List.of(lab.takeInstallAsked() ? "wanted" : "not wanted");
    }

    private void install(Parcel parcel) {
        LabSnapshot state = parcel.state();
        if (state.index() > lab.status(parcel.to()).applied()) {
            lab.install(parcel.to(), state);
        }
        lab.step(
                parcel.to(),
                new RaftEvent.SnapshotInstalled(parcel.from(), state.index(), state.term(), state.membership()));
    }

    // Looks

    private String show(int id) {
        if (!lab.exists(id)) {
            return "none";
        }
        if (!lab.isRunning(id)) {
            return "down";
        }
        RaftStatus status = lab.status(id);
        String role = status.role().name().toLowerCase(Locale.ROOT);
        boolean follows = status.role() == RaftStatus.Role.FOLLOWER && status.leader() != 0;
        return role + (follows ? " of " + status.leader() : "") + ", term " + status.term() + ", log "
                + status.lastIndex() + ", commit " + status.commit() + ", "
                + lab.core(id).membership();
    }

    private String state(int id) {
        return texts(lab.state(id).entries());
    }

    private String log(int id) {
        MemoryLog log = lab.log(id);
        return log.firstIndex() + ": " + texts(log.entries(log.firstIndex(), log.lastIndex() + 1, Long.MAX_VALUE));
    }

    private static String texts(List<LogEntry> entries) {
        List<String> texts = new ArrayList<>();
        for (LogEntry entry : entries) {
            String payload = new String(entry.payload(), StandardCharsets.UTF_8);
            texts.add(entry.kind() == LogEntry.Kind.EMPTY ? "-" : payload.isEmpty() ? "?" : payload);
        }
        return texts.isEmpty() ? "nothing" : String.join(" ", texts);
    }

    private List<String> sent(int id) {
        List<String> said = new ArrayList<>();
        for (RaftMessage message : lab.network) {
            if (message.from() == id) {
                said.add(text(message));
            }
        }
        return said.isEmpty() ? List.of("nothing") : said;
    }

    private static String text(RaftMessage message) {
        String to = " to " + message.to();
        if (message instanceof RaftMessage.Append append) {
            return "append" + to + " after " + append.prevIndex() + ": " + texts(append.entries());
        }
        if (message instanceof RaftMessage.VoteRequest request) {
            return (request.pre() ? "pre-vote" : "vote") + to + " in term " + request.term();
        }
        return message.getClass().getSimpleName() + to;
    }
}
