using System.Text;
using Bolt.Surge;
using Xunit;

namespace Bolt.TestKit.Xunit;

/// <summary>What a test's services say, in the test's own output and report.</summary>
public static class TestLog
{
    private const string Attachment = "stack.log";

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

    /// <summary>Attaches logs and events to the test when it failed: the file `stack.log` of its report.</summary>
    public static async ValueTask AttachIfFailedAsync(ITestContext context, BoltStack stack)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(stack);
        if (context.TestState?.Result != TestResult.Failed || context.Attachments?.ContainsKey(Attachment) == true) return;
        var report = await stack.ReportAsync(CancellationToken.None).ConfigureAwait(false);
        context.AddAttachment(Attachment, Encoding.UTF8.GetBytes(report), "text/plain");
    }
}
