namespace Bolt.Runtime.Tests.Tidy;

internal static class Report
{
    /// <summary>Fails with all findings, one a line.</summary>
    public static void None(IEnumerable<string?> findings)
    {
        var all = findings.ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }
}
