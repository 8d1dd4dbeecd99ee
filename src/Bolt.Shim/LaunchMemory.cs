using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>Lays a sheet out in unmanaged memory before the first fork.</summary>
internal sealed unsafe class LaunchMemory : IDisposable
{
    private readonly List<nint> _blocks = [];

    public LaunchMemory(CapsuleSheet sheet, ImmutableArray<LaunchStep> service, IReadOnlyList<string> command, IReadOnlyList<string> environment)
    {
        State = Allocate<LaunchState>(1);
        State->Before = Steps(sheet.Before);
        State->Between = Steps(sheet.Between);
        State->Beside = Steps(sheet.Beside);
        State->Entry = Steps(sheet.Entry);
        State->Inside = Steps(sheet.Inside);
        State->Service = Steps(service);
        State->Slots = Allocate<int>(sheet.Slots + 1);
        for (var i = 0; i < sheet.Slots; i++)
            State->Slots[i] = LaunchState.NoDescriptor;
        State->Arguments = Texts(command);
        State->Environment = Texts(environment);
        State->Filter = Allocate<byte>(sheet.Filter.Length + 1);
        sheet.Filter.AsSpan().CopyTo(new Span<byte>(State->Filter, sheet.Filter.Length));
        State->FilterCount = sheet.Filter.Length / 8;
        State->Path = Allocate<byte>(LaunchState.PathSize);
        State->Scratch = Allocate<byte>(LaunchState.ScratchSize);
        State->Home = Allocate<byte>(LaunchState.PathSize);
        State->Namespaces = sheet.Namespaces;
        State->SandboxPid = sheet.SandboxPid;
        State->Root = State->Control = State->ShimEnd = State->Status = LaunchState.NoDescriptor;
        State->Input = State->Output = State->Error = State->TerminalSide = LaunchState.NoDescriptor;
        State->NestedNamespace = LaunchState.NoDescriptor;
        State->Section = LaunchSection.Start;
    }

    public LaunchState* State { get; }

    public void AddContainer(ContainerSheet sheet)
    {
        State->Hooks = Allocate<NativeHook>(sheet.Hooks.Length + 1);
        for (var i = 0; i < sheet.Hooks.Length; i++)
        {
            var hook = sheet.Hooks[i];
            State->Hooks[i] = new NativeHook
            {
                Path = Text(hook.Path),
                Head = Text(hook.StateHead),
                Tail = Text(hook.StateTail),
                Arguments = Texts(hook.Arguments),
                Environment = Texts(hook.Environment),
                TimeoutSeconds = hook.TimeoutSeconds,
            };
        }

        State->Program = Allocate<byte>(LaunchState.PathSize);
        State->CopySource = LaunchState.NoDescriptor;
    }

    public byte* Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var bytes = Allocate<byte>(length + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(bytes, length));
        return bytes;
    }

    public void Dispose()
    {
        foreach (var block in _blocks)
            NativeMemory.Free((void*)block);
        _blocks.Clear();
    }

    // One entry more than the terminating null: HOME may be added.
    private byte** Texts(IReadOnlyList<string> texts)
    {
        var pointers = (byte**)Allocate<nint>(texts.Count + 2);
        for (var i = 0; i < texts.Count; i++)
            pointers[i] = Text(texts[i]);
        return pointers;
    }

    private NativeSteps Steps(ImmutableArray<LaunchStep> steps)
    {
        var native = Allocate<NativeStep>(steps.Length + 1);
        for (var i = 0; i < steps.Length; i++)
        {
            var step = steps[i];
            native[i] = new NativeStep
            {
                Operation = step.Operation,
                A = Text(step.A),
                B = Text(step.B),
                C = Text(step.C),
                X = step.X,
                Y = step.Y,
                Z = step.Z,
            };
        }

        return new NativeSteps { First = native, Count = steps.Length };
    }

    private T* Allocate<T>(int count)
        where T : unmanaged
    {
        var block = (T*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(T));
        _blocks.Add((nint)block);
        return block;
    }
}
