using Bolt.Launch;
using CsCheck;

namespace Bolt.Runtime.Tests.Launch;

public class ExitRecordTests
{
    [Theory]
    [InlineData(0, "code 0 at 5")]
    [InlineData(7 << 8, "code 7 at 5")]
    [InlineData(9, "signal 9 at 5")]
    [InlineData(0x80 | 11, "signal 11 at 5")] // with a core dump
    public void A_wait_status_is_a_line(int status, string line)
    {
        var record = ExitRecord.FromWaitStatus(status, outOfMemory: false, 5);
        Assert.Equal(line, record.ToString());
        Assert.Equal(record, ExitRecord.Parse(line + "\n"));
    }

    [Theory]
    [InlineData("signal 9 oom at 5")]
    [InlineData("signal 9 oom monitor-died at 5")]
    [InlineData("code 255 monitor-died at 1795518000123456")]
    public void Flags_survive(string line) => Assert.Equal(line, ExitRecord.Parse(line)?.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("code")]
    [InlineData("code 256 at 1")]
    [InlineData("code -1 at 1")]
    [InlineData("signal 0 at 1")]
    [InlineData("code 1 at")]
    [InlineData("code 1 at 1 more")]
    [InlineData("code 1 monitor-died oom at 1")]
    [InlineData("exit 1 at 1")]
    public void Other_lines_are_none(string line) => Assert.Null(ExitRecord.Parse(line));

    [Fact]
    public void No_text_makes_it_throw() => Gen.String[Gen.Char["codesignalatoom 0159-\n"], 0, 40].Sample(text => { ExitRecord.Parse(text); });
}
