using System.Text;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt.Runtime.Tests.Surge;

public class StackFoldTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;

    private static IEnumerable<StackEvent> Life(Stack stack)
    {
        var status = StackReader.Refit(new StackStatus(stack.Name.Id, "", "", 42, []), stack,
            [new PublishedRecord("web", new PortStatus("127.0.0.1", 8080, 80, "tcp", 80))], ["web", "db"]);
        yield return new StackEvent.Snapshot(At, status);
        yield return new StackEvent.Planned(At, Planner.Plan(stack, Shop.Nothing, Shop.Up()));
        yield return new StackEvent.StepStarted(At, "prepare db", "not there");
        yield return new StackEvent.StepProgress(At, "prepare db", "fetch", 1, 2);
        yield return new StackEvent.StepDone(At, "prepare db");
        yield return new StackEvent.StepStarted(At, "start db", "not there");
        yield return new StackEvent.ServiceStarted(At, "db", 77);
        yield return new StackEvent.ServiceReady(At, "db", TimeSpan.FromMilliseconds(41));
        yield return new StackEvent.ServiceHealth(At, "db", false);
        yield return new StackEvent.ServiceHealth(At, "db", true);
        yield return new StackEvent.ServiceExited(At, "db", null, 9, true);
        yield return new StackEvent.ServiceRestarting(At, "db", 1, TimeSpan.FromSeconds(0.1));
        yield return new StackEvent.ServiceStarted(At, "db", 78);
        yield return new StackEvent.ServiceStopped(At, "db");
        yield return new StackEvent.Warned(At, new Diagnostic("BOLT6006", Severity.Warning, "moved", null, "fix"));
        yield return new StackEvent.StepFailed(At, "start web", new Diagnostic("BOLT6018", Severity.Error, "no", null, null,
            new Diagnostic("BOLT5001", Severity.Error, "why")));
        yield return new StackEvent.StackReady(At, TimeSpan.FromSeconds(2));
        yield return new StackEvent.StackStopped(At, ["db"], []);
    }

    [Fact]
    public void Events_fold_into_a_status()
    {
        var status = new StackStatus("", "", "", null, []);
        var text = new StringBuilder();
        foreach (var happened in Life(Shop.Stack()))
        {
            status = status.After(happened);
            text.Append($"{happened.GetType().Name}: {string.Join(", ", status.Services.Select(s => $"{s.Name} {s.State} pid={s.Pid} exit={s.ExitCode} restarts={s.Restarts}"))}\n");
        }
        Golden.Check("Surge/fold", text.ToString());
    }

    [Fact]
    public void Every_event_is_one_line_of_JSON_and_back()
    {
        var events = Life(Shop.Stack()).ToArray();
        var lines = events.Select(StackJson.Write).ToArray();
        Golden.Check("Surge/events", string.Join('\n', lines));
        foreach (var line in lines)
        {
            var read = StackJson.ReadEvent(line);
            Assert.NotNull(read);
            Assert.Equal(line, StackJson.Write(read));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"event\":\"nonsense\"}")]
    [InlineData("{\"at\":1}")]
    public void Other_text_is_no_event(string text) => Assert.Null(StackJson.ReadEvent(text));
}
