using System.Collections.Immutable;
using System.Text;
using Bolt.Oci;

namespace Bolt.Runtime.Tests.Oci;

public class DeviceProgramTests
{
    private const int Block = 1, Char = 2, Make = 1, Read = 2, Write = 4;

    private static readonly OciDeviceRule Nothing = new(false, null, null, null, "rwm");

    private static readonly ImmutableArray<OciDeviceRule> Mixed =
    [
        Nothing, new(true, "c", 10, 229, "rw"), new(true, "b", 8, null, "r"), new(false, "b", 8, 3, "r"), new(true, "c", 4, -1, ""), new(false, "c", 4, 64, "w"),
    ];

    [Theory]
    [InlineData("mixed")]
    [InlineData("default")]
    [InlineData("all")]
    public void The_instructions(string name)
    {
        var program = DeviceProgram.Of(name switch
        {
            "mixed" => Mixed,
            "default" => [Nothing, .. CgroupLimits.AlwaysAllowed],
            _ => [new(false, "c", 1, 3, "r"), new(true, "a", null, null, null), new(false, "b", 8, 0, "w")],
        });
        var text = new StringBuilder();
        foreach (var (i, at) in program.Index())
            text.AppendLine($"{i,3}: {Word(at, i)}");
        text.AppendLine(Convert.ToHexStringLower(DeviceProgram.ToBytes(program)));
        Golden.Check("Oci/devices-" + name, text.ToString());
    }

    // What the kernel does with them.
    [Theory]
    [InlineData(Char, Read | Write, 10, 229, true)]
    [InlineData(Char, Read | Make, 10, 229, false)]
    [InlineData(Char, Read, 10, 228, false)]
    [InlineData(Block, Read, 10, 229, false)]
    [InlineData(Block, Read, 8, 0, true)]
    [InlineData(Block, Read, 8, 3, false)]
    [InlineData(Block, Write, 8, 0, false)]
    [InlineData(Char, Read | Write | Make, 4, 5, true)]
    [InlineData(Char, Read | Make, 4, 64, true)]
    // A right that a later rule denies is not had by asking for two at once, as it is with runc.
    [InlineData(Char, Read | Write, 4, 64, false)]
    public void The_last_rule_decides_over_each_right(int kind, int access, int major, int minor, bool allowed) =>
        Assert.Equal(allowed, Run(DeviceProgram.Of(Mixed), kind, access, major, minor));

    [Fact]
    public void Rights_may_come_from_two_rules() =>
        Assert.True(Run(DeviceProgram.Of([Nothing, new(true, "c", 1, 1, "r"), new(true, "c", 1, 1, "w")]), Char, Read | Write, 1, 1));

    [Fact]
    public void Nothing_can_lie_behind_a_rule_for_all() => Assert.Equal(8, DeviceProgram.Of([new(true, "c", 1, 1, "r"), Nothing]).Length);

    private static bool Run(ImmutableArray<DeviceInstruction> program, int kind, int access, int major, int minor)
    {
        var context = new Dictionary<short, long> { [0] = (access << 16) | kind, [4] = major, [8] = minor };
        var registers = new long[11];
        for (var i = 0; ; i++)
        {
            var (code, target, source, offset, value) = program[i];
            switch (code)
            {
                case 0x61: registers[target] = context[offset]; break;
                case 0x54: registers[target] &= (uint)value; break;
                case 0x74: registers[target] = (uint)registers[target] >> value; break;
                case 0xB7: registers[target] = value; break;
                case 0xBC: registers[target] = (uint)registers[source]; break;
                case 0x55: i += registers[target] != value ? offset : 0; break;
                case 0x45: i += (registers[target] & value) != 0 ? offset : 0; break;
                case 0x05: i += offset; break;
                case 0x95: return registers[0] != 0;
                default: throw new InvalidOperationException();
            }
        }
    }

    private static string Word(DeviceInstruction it, int at) => it.Code switch
    {
        0x61 => $"r{it.Target} = *(u32 *)(r{it.Source} + {it.Offset})",
        0x54 => $"w{it.Target} &= {it.Value}",
        0x74 => $"w{it.Target} >>= {it.Value}",
        0xB7 => $"r{it.Target} = {it.Value}",
        0xBC => $"w{it.Target} = w{it.Source}",
        0x55 => $"if r{it.Target} != {it.Value} goto {at + 1 + it.Offset}",
        0x45 => $"if r{it.Target} & {it.Value} goto {at + 1 + it.Offset}",
        0x05 => $"goto {at + 1 + it.Offset}",
        _ => "exit",
    };
}
