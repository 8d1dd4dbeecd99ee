using Bolt.Launch;
using CsCheck;

namespace Bolt.Runtime.Tests.Launch;

public class FilesSheetTests
{
    private static readonly FilesSheet Sheet = new(
        new IdMap(1000, 1000, 100000, 200000, 65536),
        "/root",
        [
            new FileOperation.Own("a/b", 33, 34, 0b111_101_101),
            new FileOperation.Delete("/gone"),
            new FileOperation.MakeFolder("/made", 0, 0, 0xFFF),
            new FileOperation.Copy("/from", "/to"),
        ]);

    [Fact]
    public void What_is_written_is_read()
    {
        var read = FilesSheet.Read(new SheetReader(Sheet.ToMessage().AsMemory(8)));
        Assert.Equal(Sheet.Operations, read.Operations);
        Assert.Equal(Sheet with { Operations = read.Operations }, read);
    }

    [Fact]
    public void Damage_is_refused_or_read_and_nothing_else() =>
        Gen.Select(Gen.Int[0, 1000], Gen.Byte).Sample((at, value) =>
        {
            var bytes = Sheet.ToMessage()[8..];
            bytes[at % bytes.Length] = value;
            try
            {
                FilesSheet.Read(new SheetReader(bytes));
            }
            catch (InvalidDataException)
            {
                // The one refusal.
            }
        });
}
