namespace Bolt.Host.Tests;

public class DiagnosticTests
{
    [Fact]
    public void Severity_orders_from_note_to_error() =>
        Assert.True(Bolt.Diagnostics.Severity.Error > Bolt.Diagnostics.Severity.Warning);
}
