package io.flotilla.client.cli;

import io.flotilla.client.DeadlineExceededException;
import io.flotilla.client.ErrorCode;
import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeRef;
import io.flotilla.client.FlotillaAdmin.ReplicaChangeResult;
import io.flotilla.client.InvalidRequestException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.ArgGroup;

/** A command that changes which nodes have replicas of a range. */
abstract class ReplicaChangeCommand extends ClientCommand {
    /** A copy takes its time; asking again would only go on with it. */
    private static final Duration COPYING = Duration.ofSeconds(60);

    @ArgGroup(multiplicity = "1")
    private RangeOption which = new RangeOption();

    abstract ReplicaChangeResult change(FlotillaAdmin admin, RangeRef range);

    @Override
    public final Integer call() {
        ReplicaChangeResult result;
        try (FlotillaAdmin admin = connection().patientAdmin(COPYING)) {
            result = change(admin, which.ref());
        } catch (DeadlineExceededException late) {
            throw new CliFailure(
                    ExitCode.FAILED,
                    "the change is not through",
                    String.valueOf(late.getMessage()),
                    "the range serves; what was begun stays as 'range ls' shows it",
                    "the same command again goes on from there, and after ten minutes from the beginning");
        } catch (InvalidRequestException refused) {
            throw refused(refused);
        }
        String replicas = ReplicaText.of(result.replicas());
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("range", result.range());
        fields.put("generation", result.generation());
        fields.put("replicas", ReplicaText.rows(result.replicas()));
        output().text(
                        "flotilla.range." + spec().name() + ".v1",
                        fields,
                        "range " + result.range() + " has replicas on nodes " + replicas);
        return ExitCode.OK;
    }

    private static CliFailure refused(InvalidRequestException refused) {
        boolean absent = refused.code() == ErrorCode.NOT_FOUND;
        return new CliFailure(
                absent ? ExitCode.NOT_FOUND : ExitCode.FAILED,
                "the replicas cannot be changed like that",
                String.valueOf(refused.getMessage()),
                refused.maybeExecuted()
                        ? "what was begun stays as 'range ls' shows it; a learner that nobody works on goes after ten minutes"
                        : "nothing was changed",
                "flotilla range ls, flotilla node ls");
    }
}
