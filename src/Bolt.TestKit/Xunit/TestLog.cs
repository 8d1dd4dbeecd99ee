using System.Text;
using Bolt.Diagnostics;
using Bolt.Surge;
using Xunit;

namespace Bolt.TestKit.Xunit;

/// <summary>What a test's services say, in the test's own output and report.</summary>
public static class TestLog
{
    private const string Attachment = "stack.log", Snapshot = "stack.bolt";

    /// <summary>Writes each line to the output of the test that is current now.</summary>
    public static Action<LogLine> Of(ITestContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var output = context.TestOutputHelper;
        return line =>
        {
            try
            {
                output?.WriteLine($"{line.Service} {(line.IsError ? "!" : "|")} {line.Text}");
            }
            catch (InvalidOperationException)
            {
                // The test is over; its services say their last words to nobody.
            }
        };
    }

    /// <summary>The service's lines go to the output of the test that is current now.</summary>
    public static BoltStack WithTestOutput(this BoltStack stack)
    {
        ArgumentNullException.ThrowIfNull(stack);
        return stack.WithLog(Of(TestContext.Current));
    }

    /// <summary>
    /// Attaches logs and events to the test when it failed, and a snapshot that `bolt replay` opens: the files `stack.log` and
    /// `stack.bolt` of its report.
    /// </summary>
    /// <param name="context">The test's.</param>
    /// <param name="stack">Its stack.</param>
    /// <param name="snapshotBytes">A larger snapshot is left out, and the log says so; 0: none.</param>
    /// <param name="goOn">Others use the stack after this test.</param>
    public static async ValueTask AttachIfFailedAsync(ITestContext context, BoltStack stack, long snapshotBytes = 64 << 20, bool goOn = true)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(stack);
        if (context.TestState?.Result != TestResult.Failed || context.Attachments?.ContainsKey(Attachment) == true) return;
        var report = await stack.ReportAsync(CancellationToken.None).ConfigureAwait(false);
        report += await SnapshotAsync(context, stack, snapshotBytes, goOn).ConfigureAwait(false);
        context.AddAttachment(Attachment, Encoding.UTF8.GetBytes(report), "text/plain");
    }

    // Why there is none; empty when there is.
    private static async Task<string> SnapshotAsync(ITestContext context, BoltStack stack, long most, bool goOn)
    {
        if (most <= 0) return "";
        var file = Path.Combine(Path.GetTempPath(), $"bolt-snapshot-{Guid.NewGuid():n}");
        try
        {
            await stack.SnapshotAsync(file, CancellationToken.None, most, goOn).ConfigureAwait(false);
            context.AddAttachment(Snapshot, await File.ReadAllBytesAsync(file).ConfigureAwait(false), "application/x-bolt-snapshot");
            return "";
        }
        catch (BoltException e)
        {
            // The test has failed already; this is no second failure.
            return DiagnosticText.Render(e.Diagnostic);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
